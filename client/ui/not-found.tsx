import { ButtonLink } from './button.tsx';
import { Empty } from './empty.tsx';
import { Page } from './page.tsx';
import { useUiText } from './text.ts';

export function NotFound() {
  const t = useUiText();
  return (
    <Page title={t('notFound')}>
      <NothingHere />
    </Page>
  );
}

/** The same inside a frame that is already there. */
export function NothingHere() {
  const t = useUiText();
  return (
    <Empty
      page
      title={t('notFound')}
      hint={t('notFoundHint')}
      action={
        <ButtonLink look="primary" to="/">
          {t('home')}
        </ButtonLink>
      }
    />
  );
}
