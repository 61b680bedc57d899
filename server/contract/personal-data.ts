import { z } from 'zod';
import { Id, Instant } from './common.ts';
import { Reason } from './corrections.ts';
import { endpoints } from './endpoint.ts';
import { RecordClass } from './retention.ts';

/** What asking for deletion (删除个人信息) comes to. */
export const Erasure = z.object({
  /** Training records that the law asks to keep; their holder's name stays with them until they go. */
  kept: z.array(
    z.object({
      recordClass: RecordClass,
      sessions: z.int(),
      /** When the last of them goes by rule. */
      until: Instant,
    }),
  ),
  /** Sessions that are not over, whose record's time has not begun. */
  open: z.int(),
  /** An account is theirs, and has to be taken off them first. */
  account: z.boolean(),
});
export type Erasure = z.infer<typeof Erasure>;

export const personalDataEndpoints = endpoints({
  'GET /people/:personId/data': {
    summary: 'Everything that is stored of a person, as JSON; who took it is on record',
    action: 'person:data',
    target: 'person',
    download: true,
  },
  'GET /people/:personId/erasure': {
    summary: 'What would go and what would stay if a person’s data were deleted',
    action: 'person:erase',
    target: 'person',
    response: Erasure,
  },
  'POST /people/:personId/erasure': {
    summary: 'Delete a person’s data as far as the law allows; the rest goes by rule',
    action: 'person:erase',
    target: 'person',
    body: z.object({ reason: Reason }),
    response: Erasure.extend({ personId: Id }),
  },
});
