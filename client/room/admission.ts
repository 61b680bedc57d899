import { call } from '#client/api.ts';
import { deviceId } from '#client/device.ts';
import type { Result } from '#contract/api.ts';

export type Admission = Result<'POST /sessions/:sessionId/ticket'>;

let ahead: { sessionId: string; admission: Promise<Admission> } | null = null;

/** Asks for admission while the room's page is still being loaded, for the page to take. */
export function askAhead(sessionId: string): void {
  const asked = { sessionId, admission: request(sessionId) };
  ahead = asked;
  // Where the page never comes, or only after somebody has signed in, it is nobody's failure.
  asked.admission.catch(() => {
    if (ahead === asked) ahead = null;
  });
}

/** To be called when somebody else is signed in: what was asked for is not theirs. */
export function forgetAsked(): void {
  ahead = null;
}

/** A ticket and a playback token for a room. @throws ApiError */
export function askAdmission(sessionId: string): Promise<Admission> {
  const asked = ahead;
  ahead = null;
  return asked?.sessionId === sessionId ? asked.admission : request(sessionId);
}

function request(sessionId: string): Promise<Admission> {
  return call('POST /sessions/:sessionId/ticket', { params: { sessionId }, body: { deviceId: deviceId() } });
}
