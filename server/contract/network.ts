import { z } from 'zod';
import { Id, Instant, Page, paged } from './common.ts';
import { endpoints } from './endpoint.ts';
import { MEDIA_STATES, NETWORK_VERDICTS } from './network-verdict.ts';

export const NetworkVerdict = z.enum(NETWORK_VERDICTS);

const Ms = z.int().min(0).max(600_000);
const Kbps = z.int().min(0).max(10_000_000);
const Count = z.int().min(0).max(10_000);
/** Words of the browser or the player: one line of plain text. */
const Words = z
  .string()
  .max(80)
  .regex(/^[\x20-\x7e]*$/);

/** What a browser measured on its way to a class. Null: not known. */
export const NetworkFigures = z.object({
  playsBy: z.enum(['media-source', 'native']).nullable(),
  /** What the browser says of its line, e.g. `4g`. */
  line: Words.nullable(),
  /** Server's clock less the device's. */
  clockOffsetMs: z.int().min(-1e13).max(1e13).nullable(),
  api: z.object({
    sent: z.int().min(1).max(50),
    lost: z.int().min(0).max(50),
    medianMs: Ms.nullable(),
    longestMs: Ms.nullable(),
    /** Mean difference of one round trip to the next. */
    jitterMs: Ms.nullable(),
  }),
  /** How long connecting took. */
  socket: z.object({ websocketMs: Ms.nullable(), pollingMs: Ms.nullable() }),
  media: z.object({
    state: z.enum(MEDIA_STATES),
    /** HTTP status of its answer. */
    status: z.int().min(100).max(599).nullable(),
    ms: Ms.nullable(),
    /** What was wrong with an answer. */
    found: Words.nullable(),
  }),
  speed: z
    .object({
      segments: Count,
      lost: Count,
      bytes: z.int().min(0).max(100_000_000),
      kbps: Kbps,
      slowestKbps: Kbps,
    })
    .nullable(),
  needs: z.object({ soundKbps: Kbps.nullable(), lowestKbps: Kbps.nullable(), highestKbps: Kbps.nullable() }).nullable(),
  playing: z
    .object({
      stalls: Count,
      stalledMs: z.int().min(0).max(86_400_000),
      lines: z.int().min(0).max(10_000).nullable(),
      latencyMs: z.int().min(0).max(86_400_000).nullable(),
      /** The newest last. */
      errors: z.array(Words).max(8),
    })
    .nullable(),
});
export type NetworkFigures = z.infer<typeof NetworkFigures>;

export const NetworkReport = z.object({
  id: Id,
  /** Short, to be read out. */
  number: z.int(),
  verdict: NetworkVerdict,
  personName: z.string(),
  unitName: z.string(),
  figures: NetworkFigures,
  userAgent: z.string(),
  address: z.string(),
  sentAt: Instant,
});
export type NetworkReport = z.infer<typeof NetworkReport>;

export const networkEndpoints = endpoints({
  'POST /sessions/:sessionId/network-reports': {
    summary: 'Send what a network check found to the bureau; sent again with the same id it is the same report',
    action: 'network-report:send',
    target: 'session',
    body: z.object({ id: Id, figures: NetworkFigures }),
    response: z.object({ number: z.int(), verdict: NetworkVerdict }),
  },
  'GET /sessions/:sessionId/network-reports': {
    summary: 'Reports of network checks, newest first; people are counted once, by their newest report',
    action: 'network-report:read',
    target: 'session',
    query: Page.extend({ verdict: NetworkVerdict.optional(), unitId: Id.optional() }),
    response: paged(NetworkReport).extend({
      verdicts: z.array(z.object({ verdict: NetworkVerdict, people: z.int() })),
      /** Units with most people in trouble first. */
      units: z.array(z.object({ unitId: Id, unitName: z.string(), verdict: NetworkVerdict, people: z.int() })),
    }),
  },
});
