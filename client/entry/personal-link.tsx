import './entry.css';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useNavigate, useParams } from 'react-router';
import { ApiError, call } from '#client/api.ts';
import { signedIn } from '#client/session.ts';
import { ButtonLink } from '#client/ui/button.tsx';
import { Failure } from '#client/ui/notice.tsx';
import { Page } from '#client/ui/page.tsx';
import { Waiting } from '#client/ui/spinner.tsx';
import { useEntryText } from './text.ts';

/** Entering by the link that a unit gave to one person. */
export default function PersonalLink() {
  const t = useEntryText();
  const navigate = useNavigate();
  const { token = '' } = useParams();
  // Using a link twice is harmless, so that this may be a query: one call however often the page renders.
  const link = useQuery({
    queryKey: ['link', token],
    queryFn: () => call('POST /join/link', { body: { token } }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const me = link.data;
  const final = link.error instanceof ApiError && link.error.refused;

  useEffect(() => {
    if (!me) return;
    signedIn(me);
    navigate('/learn', { replace: true });
  }, [me, navigate]);

  return (
    <Page title={t('linkTitle')} narrow>
      {link.isError ? (
        <>
          <h1 className="entry__title">{t('linkTitle')}</h1>
          <Failure what={t('linkFailed')} error={link.error} {...(!final && { retry: () => link.refetch() })} />
          <p className="entry__other">
            <ButtonLink to="/u">{t('joinByCode')}</ButtonLink>
          </p>
        </>
      ) : (
        <Waiting />
      )}
    </Page>
  );
}
