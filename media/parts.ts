/*
 * How long a part is. An encoder ends a part with the first frame at which it has a given length, so that this lies half a
 * frame below that of a whole number of frames: timestamps of whole milliseconds don't make one more of it now and then.
 */

/** No part of picture is longer, ms: the playlists' part target. */
export const LONGEST_PART_MS = 350;
/** 85 % of that, which is the least of any part but the last of a segment (rfc8216bis, 4.4.4.9), ms. */
export const SHORTEST_PART_MS = 298;
const USUAL_PART_MS = 345;

/** The length at which an encoder of so many frames a second is to end a part, microseconds. */
export function partEndsAt(framesPerSecond: number): number {
  return Math.round(((framesPerPart(framesPerSecond) - 0.5) * 1_000_000) / framesPerSecond);
}

/** Whether parts of whole frames can be neither too long nor too short. */
export function fillsParts(framesPerSecond: number): boolean {
  const length = (framesPerPart(framesPerSecond) * 1_000) / framesPerSecond;
  return length >= SHORTEST_PART_MS && length <= USUAL_PART_MS;
}

/** As many as fit, or one more where they would be too short. */
function framesPerPart(framesPerSecond: number): number {
  const fitting = Math.floor((USUAL_PART_MS * framesPerSecond) / 1_000 + 1e-6);
  return (fitting * 1_000) / framesPerSecond >= SHORTEST_PART_MS ? fitting : fitting + 1;
}
