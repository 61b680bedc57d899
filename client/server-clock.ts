let offsetMs = 0;

/**
 * Learns how far this device's clock is off from an answer's Date header (whole seconds). Phones and meeting-room
 * computers are often minutes wrong, and a count-down to the class must not be.
 */
export function noteServerTime(date: string | null): void {
  const server = date === null ? Number.NaN : Date.parse(date);
  if (Number.isNaN(server)) return;
  const offset = server + 500 - Date.now();
  // Within the header's own coarseness and the travel time it says nothing new.
  if (Math.abs(offset - offsetMs) > 1_500) offsetMs = offset;
}

/** Epoch ms by the server's clock, good to about two seconds. For what a page shows, never for attendance. */
export function serverNow(): number {
  return Date.now() + offsetMs;
}
