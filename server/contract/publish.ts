import { z } from 'zod';

/*
 * What a page that publishes and the media process say to each other, over a WebSocket at PUBLISH_PATH. Text messages are
 * JSON; binary ones carry the recorder's WebM in order, cut anywhere. A new recorder begins with its own headers.
 */

export const PUBLISH_PATH = '/media/publish';

/** Of a message, bytes. A page cuts what its recorder gives it. */
export const MAX_PUBLISH_MESSAGE = 256 * 1024;

/** The first message of a page, and the only one of text besides `stop`. */
export const PublishHello = z.object({
  type: z.literal('publish'),
  ticket: z.string().max(2_048),
  /** At which the page draws. */
  framesPerSecond: z.number().min(1).max(60),
});
export type PublishHello = z.infer<typeof PublishHello>;

/** The page ends by itself, so that the end is no loss of its network. */
export const PublishStop = z.object({ type: z.literal('stop') });

export const PublishRefusal = z.enum([
  'bad-ticket',
  'session-ended',
  'session-archived',
  'outside-stream',
  'too-many-publishers',
  'unsupported',
  'malformed',
  /** Its place was taken by the same page, come back on another connection. */
  'replaced',
  'ended',
  'unavailable',
]);
export type PublishRefusal = z.infer<typeof PublishRefusal>;

export const PublishAnswer = z.discriminatedUnion('type', [
  z.object({ type: z.literal('accepted') }),
  /** So many bytes were read since the beginning of the connection. */
  z.object({ type: z.literal('taken'), bytes: z.int() }),
  /** The last message: the connection is closed after it. */
  z.object({ type: z.literal('refused'), reason: PublishRefusal }),
]);
export type PublishAnswer = z.infer<typeof PublishAnswer>;
