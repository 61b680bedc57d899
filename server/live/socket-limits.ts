/** What a socket may ask at once, and a second from then on. A page that was away for an hour sends five messages of beats. */
const BURST = 40;
const PER_SECOND = 4;
/** Whoever is refused so often in a row does not listen. */
const REFUSALS_BORNE = 400;
/** Messages that may wait for a socket that does not take them; the largest are a few KB. */
const WAITING_MESSAGES = 100;
/** A socket that is in no room after so long is let go, ms: it costs as much as one that is. */
const IDLE_MS = 120_000;
/** Sockets of one person in rooms of one worker: tabs, devices, and what broke off and is not noticed yet. */
export const SOCKETS_A_PERSON = 20;

export interface Allowance {
  tokens: number;
  /** Epoch ms of the last change. */
  at: number;
  refusals: number;
}

export const fullAllowance = (now: number): Allowance => ({ tokens: BURST, at: now, refusals: 0 });

/** Whether one more request is heard, refused, or is the last before the socket is let go. Changes the allowance. */
export function spend(allowance: Allowance, now: number): 'heard' | 'refused' | 'let-go' {
  const regained = (Math.max(0, now - allowance.at) * PER_SECOND) / 1_000;
  allowance.tokens = Math.min(BURST, allowance.tokens + regained);
  allowance.at = now;
  if (allowance.tokens >= 1) {
    allowance.tokens -= 1;
    allowance.refusals = 0;
    return 'heard';
  }
  allowance.refusals += 1;
  return allowance.refusals > REFUSALS_BORNE ? 'let-go' : 'refused';
}

/** Why a socket is to be let go; null when it is not. */
export function overstays(
  { waitingMessages, inRoom, openedAt }: { waitingMessages: number; inRoom: boolean; openedAt: number },
  now: number,
): 'does not read' | 'never entered' | null {
  if (waitingMessages > WAITING_MESSAGES) return 'does not read';
  if (!inRoom && now - openedAt > IDLE_MS) return 'never entered';
  return null;
}
