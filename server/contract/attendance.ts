import { z } from 'zod';
import { Id } from './common.ts';
import { endpoints } from './endpoint.ts';
import { PresenceStanding } from './presence.ts';
import { ReplayStatus } from './replay.ts';

/** Point on the session axis: epoch milliseconds of the PROGRAM-DATE-TIME of what was played. */
const AxisMs = z.int().min(0).max(9_000_000_000_000);

/**
 * One contiguous stretch that a connection really played, `[mediaFrom, mediaTo)`. Several may come in one message, for
 * instance before and after a stall. `seq` counts up from 1 within a connection and makes a resent beat harmless.
 */
export const Beat = z
  .object({
    seq: z.int().min(1).max(1_000_000),
    mediaFrom: AxisMs,
    mediaTo: AxisMs,
    /** The page's monotonic clock (performance.now) when the beat was made, ms. For diagnosis: no client clock is believed. */
    monotonicMs: z.number().min(0).max(1e12),
    state: z.object({ playing: z.boolean(), hidden: z.boolean(), stalled: z.boolean() }),
  })
  .refine((beat) => beat.mediaTo >= beat.mediaFrom, { message: 'mediaTo-before-mediaFrom' });
export type Beat = z.infer<typeof Beat>;

export const Beats = z.array(Beat).min(1).max(50);

export const BeatsStored = z.object({
  /** Stored for good; the page may forget them. */
  accepted: z.array(z.int()),
  /** 已计: the person's credited time in this session over all devices. */
  creditedMs: z.int(),
  /** Of the room; a page that has an older one fetches the snapshot. */
  revision: z.int(),
  /** When it says something: the running check is confirmed, or a missed one takes time away. */
  standing: PresenceStanding.optional(),
  /** Of a page that shows the replay. */
  replay: ReplayStatus.optional(),
  /** A fresh playback token, when the old one is past half its life. */
  playbackToken: z.string().optional(),
});
export type BeatsStored = z.infer<typeof BeatsStored>;

export const attendanceEndpoints = endpoints({
  'POST /beats': {
    summary: 'Beats of a page that is going away, or of one that died: proved by its ticket alone',
    action: 'beat:store',
    target: 'none',
    body: z.object({ ticket: z.string().max(2_000), beats: Beats }),
    response: BeatsStored,
  },
  'GET /sessions/:sessionId/credit': {
    summary: 'What is credited to me in this session',
    action: 'my:credit',
    target: 'session',
    response: z.object({
      personId: Id,
      creditedMs: z.int(),
      requiredMs: z.int(),
      complete: z.boolean(),
      /** What missed presence checks cost: each stretch of the session axis, epoch ms (`to` null: it goes on), and how much was played of it. */
      missed: z.array(z.object({ from: z.int(), to: z.int().nullable(), lostMs: z.int() })),
    }),
  },
});
