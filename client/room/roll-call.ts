/*
 * Which pages of this browser are in a room. A page that the system threw away says nothing, and what it left may be sent.
 * Works on plain http too, where pages have no locks.
 */
const CHANNEL = 'anke.rooms';
/** Background pages answer late; frozen ones don't, and what they kept may be sent for them. */
const ANSWER_MS = 1_500;

type Word = { asks: true } | { lives: string };

/** Lets the page be found under its connection until the returned function is called. */
export function answerRollCall(connId: string): () => void {
  const channel = openChannel();
  if (!channel) return () => undefined;
  channel.onmessage = ({ data }: MessageEvent<Word>) => {
    if ('asks' in data) channel.postMessage({ lives: connId } satisfies Word);
  };
  return () => channel.close();
}

/** Connections of the pages that are there, this one's too; null where the browser can't tell. */
export async function rollCall(): Promise<Set<string> | null> {
  const channel = openChannel();
  if (!channel) return null;
  const living = new Set<string>();
  channel.onmessage = ({ data }: MessageEvent<Word>) => {
    if ('lives' in data) living.add(data.lives);
  };
  channel.postMessage({ asks: true } satisfies Word);
  await new Promise((resolve) => setTimeout(resolve, ANSWER_MS));
  channel.close();
  return living;
}

function openChannel(): BroadcastChannel | null {
  try {
    return typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(CHANNEL);
  } catch {
    return null;
  }
}
