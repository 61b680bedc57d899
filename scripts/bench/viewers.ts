import { addressFor, get, Wire } from './generator.ts';

/** A viewer reads a rendition this way: what it asks for, one request after the other. */
export type Profile = 'interactive' | 'crowd';

export interface Watched {
  requests: number;
  /** On the wire, headers included. */
  bytes: number;
  errors: number;
  /** `performance.now()` at which each part, or segment, had come: by its name. */
  arrivals: Map<string, number>;
}

const GZIPPED = Buffer.from([0x1f, 0x8b]);

/** Follows one rendition from its newest part on until `until`, as a player does, over one connection. */
export async function follow(
  address: string,
  base: string,
  profile: Profile,
  until: () => boolean,
  n: number,
  readText: (body: Buffer) => string,
): Promise<Watched> {
  const url = new URL(address);
  const wire = new Wire(url, addressFor(n));
  const watched: Watched = { requests: 0, bytes: 0, errors: 0, arrivals: new Map() };
  const ask = async (file: string): Promise<Buffer | null> => {
    const reply = await wire.ask(get(url, `${base}/${file}`));
    watched.requests += 1;
    watched.bytes += reply.bytes;
    if (reply.status === 200) return reply.body;
    watched.errors += 1;
    return null;
  };
  try {
    if (profile === 'interactive') await followParts(ask, until, watched, readText);
    else await followSegments(ask, until, watched, readText);
  } catch {
    watched.errors += 1;
  } finally {
    wire.close();
  }
  return watched;
}

type Ask = (file: string) => Promise<Buffer | null>;

async function followParts(ask: Ask, until: () => boolean, watched: Watched, readText: (body: Buffer) => string) {
  let next = hinted(readText((await ask('live.m3u8')) ?? Buffer.alloc(0)));
  while (!until()) {
    const body = await ask(`live.m3u8?_HLS_msn=${next.msn}&_HLS_part=${next.index}&_HLS_skip=YES`);
    if (!body) return;
    const part = `part-${next.msn}.${next.index}.m4s`;
    if (await ask(part)) watched.arrivals.set(part, performance.now());
    next = hinted(readText(body));
  }
}

async function followSegments(ask: Ask, until: () => boolean, watched: Watched, readText: (body: Buffer) => string) {
  let last = -1;
  while (!until()) {
    const body = await ask('crowd.m3u8');
    const names = (body ? readText(body) : '').match(/seg-\d+\.m4s/g) ?? [];
    const newest = Number(/\d+/.exec(names.at(-1) ?? '')?.[0] ?? -1);
    if (newest > last) {
      const name = `seg-${newest}.m4s`;
      if (await ask(name)) watched.arrivals.set(name, performance.now());
    }
    // The rule of ordinary HLS: again after a target duration, or half of it when nothing was new (RFC 8216, 6.3.4).
    await new Promise((resolve) => setTimeout(resolve, newest > last ? 2_000 : 1_000));
    last = newest;
  }
}

function hinted(text: string): { msn: number; index: number } {
  const [, msn, index] = /PRELOAD-HINT:TYPE=PART,URI="part-(\d+)\.(\d+)\.m4s"/.exec(text) ?? [];
  return { msn: Number(msn), index: Number(index) };
}

/** Thousands get the same playlist: it is unpacked once. */
export function sharedText(unpack: (body: Buffer) => Buffer): (body: Buffer) => string {
  const known = new Map<string, string>();
  return (body) => {
    const packed = body.subarray(0, 2).equals(GZIPPED);
    if (!packed) return body.toString('latin1');
    const key = body.toString('latin1', Math.max(0, body.length - 8)) + body.length;
    const text = known.get(key) ?? unpack(body).toString('latin1');
    if (known.size > 200) known.clear();
    known.set(key, text);
    return text;
  };
}
