import { ApiError, call } from '#client/api.ts';
import { forget, recall, remember } from '#client/storage.ts';
import { PRESENCE_LATE_MS } from '#contract/presence-moment.ts';

/** A press that the server has not stored yet, kept for the case that the page dies before. */
interface Press {
  ticket: string;
  checkId: string;
  /** By this device's clock, epoch ms: only how long ago it was is told. */
  at: number;
}

const KEY = 'presence.pressed';

export function keepPress(press: Press): void {
  remember(KEY, JSON.stringify(press));
}

export function forgetPress(): void {
  forget(KEY);
}

/** Sends what a page before this one could not, as long as the server may take it. Resolves to whether something was stored. */
export async function sendKeptPress(): Promise<boolean> {
  const press = parsePress(recall(KEY));
  if (!press) return false;
  const pressedAgoMs = Date.now() - press.at;
  if (pressedAgoMs < 0 || pressedAgoMs > PRESENCE_LATE_MS) {
    forgetPress();
    return false;
  }
  try {
    const { ticket, checkId } = press;
    await call('POST /presence', { body: { ticket, checkId, pressedAgoMs } });
    forgetPress();
    return true;
  } catch (error) {
    if (error instanceof ApiError && error.status !== 0 && error.code !== 'busy') forgetPress();
    return false;
  }
}

function parsePress(text: string | null): Press | null {
  try {
    const press: unknown = JSON.parse(text ?? 'null');
    if (typeof press !== 'object' || press === null) return null;
    const { ticket, checkId, at } = press as Record<string, unknown>;
    return typeof ticket === 'string' && typeof checkId === 'string' && typeof at === 'number'
      ? { ticket, checkId, at }
      : null;
  } catch {
    return null;
  }
}
