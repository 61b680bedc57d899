import type { presenceEndpoints } from '#contract/presence.ts';
import type { Handlers } from '../http.ts';
import type { Confirming, Presence } from './service.ts';

/** `ticketOf`: who a ticket names. It throws for one that is not accepted. */
export function presenceRoutes(
  presence: Presence,
  ticketOf: (token: string) => Promise<Confirming>,
): Handlers<typeof presenceEndpoints> {
  return {
    'POST /sessions/:sessionId/presence-checks': ({ params, actor }) => presence.open(params.sessionId, actor),
    'GET /sessions/:sessionId/presence-checks': ({ params }) => presence.list(params.sessionId),
    'POST /presence': async ({ body: { ticket, ...confirmation } }) => {
      const { sessionId, personId, connId } = await ticketOf(ticket);
      return presence.confirm({ sessionId, personId, connId }, confirmation);
    },
  };
}
