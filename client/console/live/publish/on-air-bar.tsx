import { Link, useLocation } from 'react-router';
import { Mark } from '../../parts.tsx';
import { useOnAir } from './on-air.ts';
import { usePublishText } from './text.ts';

/** Says on the console's other pages that this one is publishing, and leads back. */
export function OnAirBar() {
  const t = usePublishText();
  const onAir = useOnAir();
  const { pathname } = useLocation();
  const desk = `/console/sessions/${onAir?.sessionId}/live`;
  if (!onAir || pathname === desk) return null;
  return (
    <p className="on-air-bar">
      <Mark tone="red">
        <span className="mark__dot" />
        {t('barOnAir', { title: onAir.title })}
      </Mark>
      <Link to={desk}>{t('barBack')}</Link>
    </p>
  );
}
