import { ApiError, call } from '#client/api.ts';
import { batchesOf } from '#client/batches.ts';
import { forget, recall, recallKeys, remember } from '#client/storage.ts';
import { uuid } from '#client/uuid.ts';
import type { Beat } from '#contract/attendance.ts';
import { BEATS_PER_MESSAGE, type BeatStore, parseLeftover } from './beat-queue.ts';
import { rollCall } from './roll-call.ts';

const KEY = 'beats.';
/** Where pages can't be asked whether they live: a page with unacked beats writes every few seconds, unless it is frozen. */
const DEAD_AFTER_MS = 45_000;
const AGAIN_MS = 60_000;
/** The server takes nothing of a class that ended long ago. */
const USELESS_AFTER_MS = 24 * 3_600_000;

/** Where the page with this connection keeps its beats. */
export function beatStore(connId: string): BeatStore {
  return {
    read: () => recall(KEY + connId),
    write: (text) => void remember(KEY + connId, text),
    clear: () => forget(KEY + connId),
  };
}

/** Sends what other pages left, now and every minute, until the returned function is called. */
export function keepSendingLeftovers(ownConnId: string | null): () => void {
  let sending = false;
  const send = async () => {
    if (sending) return;
    sending = true;
    await sendLeftovers(ownConnId).finally(() => {
      sending = false;
    });
  };
  void send();
  const timer = setInterval(() => void send(), AGAIN_MS);
  return () => clearInterval(timer);
}

/** Sends what pages that died (WeChat throws them away without an event) could not, each with its own ticket. */
async function sendLeftovers(ownConnId: string | null): Promise<void> {
  const others = () => recallKeys(KEY).filter((key) => key !== KEY + ownConnId);
  if (others().length === 0) return;
  const living = await rollCall();
  for (const key of others()) {
    const text = recall(key) ?? '';
    const left = parseLeftover(text);
    const age = left ? Date.now() - left.at : Number.POSITIVE_INFINITY;
    if (!left || age > USELESS_AFTER_MS) forget(key);
    else if (living ? !living.has(key.slice(KEY.length)) : age > DEAD_AFTER_MS) {
      const taken = take(key, text);
      if (await delivered(left.ticket, left.beats)) forget(taken);
    }
  }
}

/**
 * Moves what is sent out of its owner's sight: an owner that was only frozen sees that it is gone, and does not let the same
 * beats grow while they are under way.
 */
function take(key: string, text: string): string {
  const taken = KEY + uuid();
  if (!remember(taken, text)) return key;
  forget(key);
  return taken;
}

async function delivered(ticket: string, beats: Beat[]): Promise<boolean> {
  try {
    for (const part of batchesOf(beats, BEATS_PER_MESSAGE))
      await call('POST /beats', { body: { ticket, beats: part } });
    return true;
  } catch (error) {
    // Refused is final. Without an answer they are kept for the next time.
    return error instanceof ApiError && error.refused;
  }
}
