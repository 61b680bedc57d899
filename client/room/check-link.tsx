import { Link, useParams } from 'react-router';
import { useRoomText } from './text.ts';

/** Leads away from the class, to what keeps the picture from coming. */
export function CheckLink() {
  const t = useRoomText();
  const { sessionId = '' } = useParams();
  return (
    <Link className="stage__check" to={`/learn/${sessionId}/check`}>
      {t('checkNetwork')}
    </Link>
  );
}
