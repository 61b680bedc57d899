import { z } from 'zod';

/*
 * A stream of somebody else's: the HLS address of a cloud live service, from which viewers' browsers read directly.
 */

/** As a browser's policy can name it: letters, digits, dots and dashes; no address of IPv6. */
const HOST = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;

/** Why an address is no outside stream's; null when it may be one. Whether it plays is for a look at it to say. */
export function outsideUrlProblem(text: string): 'no-url' | 'not-http' | 'credentials' | 'not-m3u8' | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url) return 'no-url';
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'not-http';
  if (!HOST.test(url.hostname)) return 'no-url';
  if (url.username !== '' || url.password !== '') return 'credentials';
  return url.pathname.toLowerCase().endsWith('.m3u8') ? null : 'not-m3u8';
}

export const MAX_OUTSIDE_URL = 2_000;

/** http or https, `.m3u8`, without a name and password; what comes after `?` may be a service's signature. */
export const OutsideUrl = z
  .string()
  .trim()
  .max(MAX_OUTSIDE_URL)
  .superRefine((text, context) => {
    const message = outsideUrlProblem(text);
    if (message) context.addIssue({ code: 'custom', message });
  });

/** Places from which an outside stream is read, scheme and host. */
export const Origins = z.array(z.string().max(300)).max(8);

/** What keeps an outside stream from being played, or will be noticed. */
export const OutsideProblem = z.discriminatedUnion('code', [
  /** No answer, or a broken one. */
  z.object({ code: z.literal('unreachable') }),
  z.object({ code: z.literal('status'), status: z.int() }),
  /** It leads on without end, or to something that is no web address. */
  z.object({ code: z.literal('redirects') }),
  z.object({ code: z.literal('too-large') }),
  z.object({ code: z.literal('not-hls') }),
  /** A recording, or a live stream that has ended. */
  z.object({ code: z.literal('not-live') }),
  z.object({ code: z.literal('no-segments') }),
  /** Nothing in H.264 with AAC. */
  z.object({ code: z.literal('no-codec') }),
  /** Browsers are not allowed to read it from our pages. */
  z.object({ code: z.literal('no-cors') }),
  /** http, on pages of https. */
  z.object({ code: z.literal('insecure') }),
  /** It is there, and nothing is added to it. */
  z.object({ code: z.literal('stands-still') }),
  /** It works, on an estimated clock. */
  z.object({ code: z.literal('no-dates') }),
  /** It works, with its dates put right by so much, ms. */
  z.object({ code: z.literal('wrong-dates'), offsetMs: z.int() }),
]);
export type OutsideProblem = z.infer<typeof OutsideProblem>;

/** With these it plays all the same. */
export const MINOR: readonly OutsideProblem['code'][] = ['no-dates', 'wrong-dates'];

export const OutsideVariant = z.object({
  width: z.int().nullable(),
  height: z.int().nullable(),
  /** At most, bits per second. */
  bitrate: z.number().nullable(),
});
export type OutsideVariant = z.infer<typeof OutsideVariant>;

/** What a look at an outside address found. */
export const OutsideLook = z.object({
  problems: z.array(OutsideProblem),
  /** Empty for an address that is one stream without a choice. */
  variants: z.array(OutsideVariant),
  /** Longest segment, ms. */
  segmentMs: z.int().nullable(),
});
export type OutsideLook = z.infer<typeof OutsideLook>;

/** How an outside stream that is watched over is doing. */
export const OutsideStatus = z.object({
  /** `waiting`: not seen yet. `lost`: it was on and stands still, or is gone. */
  state: z.enum(['waiting', 'on', 'lost']),
  problem: OutsideProblem.nullable(),
  variants: z.array(OutsideVariant),
  segmentMs: z.int().nullable(),
  /** What is added to its dates for the session axis, ms; null: it has none. */
  offsetMs: z.int().nullable(),
});
export type OutsideStatus = z.infer<typeof OutsideStatus>;
