/**
 * What goes over the bus. Each sender numbers its frames, so that whoever hears them knows one that came twice, and that some did
 * not come.
 */
export interface Frame {
  /** The sending worker, another one after each of its starts. */
  from: string;
  n: number;
  /** When it was sent by the sender's clock, epoch ms. */
  at: number;
  /** A message, or a piece of one that is too long for a frame; without it only a sign of life. */
  text?: string;
  /** Which of how many pieces, from 0. */
  piece?: [number, number];
}

/** Characters of a frame's text: in UTF-8, twice as JSON, they always stay far below what NOTIFY takes. */
const TEXT_LENGTH = 2_000;
/** Bytes of what is sent in one go. NOTIFY ends below 8,000. */
export const MAX_BYTES = 7_900;

/** Cuts a message into the texts of its frames. */
export function pieces(message: string): Pick<Frame, 'text' | 'piece'>[] {
  if (message.length <= TEXT_LENGTH) return [{ text: message }];
  const count = Math.ceil(message.length / TEXT_LENGTH);
  return Array.from({ length: count }, (_, i) => ({
    text: message.slice(i * TEXT_LENGTH, (i + 1) * TEXT_LENGTH),
    piece: [i, count],
  }));
}

/** As many of the first frames as go in one go, as one text. */
export function packed(frames: Frame[]): { text: string; count: number } {
  const texts: string[] = [];
  let bytes = 2;
  for (const frame of frames) {
    const text = JSON.stringify(frame);
    bytes += Buffer.byteLength(text) + 1;
    if (bytes > MAX_BYTES && texts.length > 0) break;
    texts.push(text);
  }
  return { text: `[${texts.join()}]`, count: texts.length };
}

/** @throws SyntaxError for what is none of ours */
export function unpacked(text: string): Frame[] {
  const frames: unknown = JSON.parse(text);
  if (!Array.isArray(frames)) throw new SyntaxError('not a list of frames');
  return frames as Frame[];
}

export interface Heard {
  /** Complete with this frame. */
  message?: string;
  /** Frames before this one did not come. */
  missed: boolean;
}

/** Puts what is heard together again, whatever was lost or came twice on the way. */
export function createAssembly() {
  const senders = new Map<string, { n: number; heardAt: number; texts: string[] }>();

  return {
    /** @returns null for a frame that was heard before */
    hear({ from, n, text, piece }: Frame, now: number): Heard | null {
      const known = senders.get(from);
      if (known && n <= known.n) return null;
      const missed = known !== undefined && n > known.n + 1;
      const texts = known && !missed ? known.texts : [];
      senders.set(from, { n, heardAt: now, texts });
      if (text === undefined) return { missed };
      if (!piece) return { message: text, missed };
      const [index, count] = piece;
      // The beginning was before we listened, or was missed.
      if (index !== texts.length) return { missed };
      texts.push(text);
      if (texts.length < count) return { missed };
      return { message: texts.splice(0).join(''), missed };
    },
    /** Senders that were not heard since then, by the clock of `hear`, are gone. */
    forget(before: number): void {
      for (const [from, { heardAt }] of senders) if (heardAt < before) senders.delete(from);
    },
  };
}
