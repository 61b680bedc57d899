import { Modal } from 'antd';
import type { Result } from '#contract/api.ts';
import { useRead } from '../data.ts';
import { Loaded } from '../parts.tsx';
import { PlayoutPanel } from './playout-panel.tsx';
import { useVideoText } from './text.ts';

type Session = Result<'GET /sessions/:sessionId'>;

/** The video of a session that has not begun, in a dialog of the course's page. */
export function SessionVideo({ session, onClose }: { session: Session; onClose: () => void }) {
  const t = useVideoText();
  const params = { sessionId: session.id };
  const video = useRead('GET /sessions/:sessionId/playout', { params }, { every: 2_000 });
  return (
    <Modal open title={t('videoOf', { number: session.number })} onCancel={onClose} footer={null}>
      <Loaded read={video}>{({ playout }) => <PlayoutPanel session={session} playout={playout} bare />}</Loaded>
    </Modal>
  );
}
