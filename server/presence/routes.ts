import type { PresenceConfirmation, PresenceStored, presenceEndpoints } from '#contract/presence.ts';
import type { Handlers } from '../http.ts';
import type { Presence } from './service.ts';

/** `confirm` throws for a ticket that is not accepted. */
export function presenceRoutes(
  presence: Presence,
  confirm: (ticket: string, confirmation: PresenceConfirmation) => Promise<PresenceStored>,
): Handlers<typeof presenceEndpoints> {
  return {
    'POST /sessions/:sessionId/presence-checks': ({ params, actor }) => presence.open(params.sessionId, actor),
    'GET /sessions/:sessionId/presence-checks': ({ params }) => presence.list(params.sessionId),
    'POST /presence': ({ body: { ticket, ...confirmation } }) => confirm(ticket, confirmation),
  };
}
