import { Segmented } from 'antd';
import type { Result } from '#contract/api.ts';
import { useAct } from '../data.ts';
import { useRoles } from '../roles.ts';
import { useDeskText } from './text.ts';

type Session = Result<'GET /sessions/:sessionId'>;
type Delivery = Exclude<Session['deliveryChoice'], 'auto'>;

const CHOICES = ['auto', 'interactive', 'crowd'] as const;

/** How the picture reaches learners: chosen by the officer, or by itself by how many there are. */
export function DeliveryPanel({ session, now }: { session: Session; now: Delivery | undefined }) {
  const t = useDeskText();
  const { bureau } = useRoles();
  const choose = useAct('POST /sessions/:sessionId/delivery', { touches: ['GET /sessions/:sessionId'] });
  const shown = choose.isPending ? choose.variables?.body.choice : session.deliveryChoice;
  return (
    <div className="delivery">
      <div className="muted" id="delivery-name">
        {t('delivery')}
      </div>
      {bureau && (
        <Segmented
          aria-labelledby="delivery-name"
          options={CHOICES.map((value) => ({ value, label: t(`delivery_${value}`) }))}
          value={shown ?? session.deliveryChoice}
          onChange={(choice) => choose.mutate({ params: { sessionId: session.id }, body: { choice } })}
        />
      )}
      {now && (
        <p className="muted" aria-live="polite">
          {t(now === 'crowd' ? 'nowCrowd' : 'nowInteractive')}
        </p>
      )}
    </div>
  );
}
