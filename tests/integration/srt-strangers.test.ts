import fs from 'node:fs';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { srtStreamId } from '#contract/srt.ts';
import type { Authorisation } from '#media/authorisation.ts';
import { KEEPALIVE, SHUTDOWN, USER_DEFINED } from '#media/srt/packet.ts';
import { createSrtServer, type SrtServer } from '#media/srt/server.ts';
import {
  endOwnMedia,
  makeBroadcast,
  SECRETS,
  startMediaProcess,
  startOwnMedia,
  until,
} from '#tests/support/media-run.ts';
import { type KeyMaterial, makeKeyMaterial, SrtCaller } from '#tests/support/srt-caller.ts';
import { temporaryFolder } from '#tests/support/temporary-folder.ts';
import { AAC, H264, pat, pmt, tsPacket, VIDEO_PID } from '#tests/support/transport-stream.ts';

/*
 * SRT callers that no encoder is: those who heard one on the line, who want to keep others out, or to end us.
 */

const SECRET = 'a secret';
const KEY = 'good-stream-key-of-a-session';
const ID = srtStreamId(SECRET, KEY);
/** As refused callers hear it. */
const [BAD_SECRET, UNAUTHORISED] = [1_010, 2_401];

let callers: SrtCaller[] = [];

async function at(port: number, options = {}): Promise<SrtCaller> {
  const caller = await SrtCaller.at(port, options);
  callers.push(caller);
  return caller;
}

async function into(port: number, streamId: string, keys: KeyMaterial, options = {}): Promise<SrtCaller> {
  const caller = await SrtCaller.into(port, streamId, keys, options);
  callers.push(caller);
  caller.keep();
  return caller;
}

afterEach(() => {
  for (const caller of callers) caller.close();
  callers = [];
});

describe('a server', () => {
  let server: SrtServer;
  let port: number;
  let dataDir: string;
  let log: string[];
  let asked: string[];
  let abandoned: number;
  let hold: Promise<void> | undefined;

  beforeEach(async () => {
    dataDir = await temporaryFolder();
    [log, asked, abandoned, hold] = [[], [], 0, undefined];
    server = createSrtServer({
      host: '127.0.0.1',
      port: 0,
      secret: SECRET,
      dataDir,
      clock: Date.now,
      logger: pino({ level: 'debug' }, { write: (text) => void log.push(text) }),
      async authorise(key): Promise<Authorisation> {
        asked.push(key);
        await hold;
        return key === KEY ? { allowed: true, broadcast: makeBroadcast() } : { allowed: false, reason: 'unknown-key' };
      },
      onPublish: () => undefined,
      onAbandoned() {
        abandoned += 1;
      },
    });
    port = await server.listen();
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await server.close();
    fs.rmSync(dataDir, { recursive: true });
  });

  function refusals(): string[] {
    return log
      .map((text) => JSON.parse(text) as { msg: string; reason?: string })
      .flatMap(({ msg, reason }) => (msg === 'publisher refused' && reason ? [reason] : []));
  }

  /** However slow the machine is, no time goes by for the server. */
  function stopTime(): void {
    vi.spyOn(performance, 'now').mockReturnValue(performance.now());
  }

  it('answers what is repeated from memory, and says it once', async () => {
    stopTime();
    const caller = await at(port);
    const wrong = makeKeyMaterial('another passphrase');
    for (let time = 0; time < 20; time += 1) expect(await caller.call(ID, wrong)).toBe(BAD_SECRET);
    expect(refusals()).toEqual(['wrong passphrase']);
    vi.restoreAllMocks();
    // Of the same office: what somebody else got wrong is no fault of its.
    await into(port, ID, makeKeyMaterial(KEY));
  });

  it('asks about a key that is not known once in a while', async () => {
    stopTime();
    const old = 'old-stream-key-of-a-session';
    for (let time = 0; time < 10; time += 1) {
      const caller = await at(port, { socketId: time + 1 });
      expect(await caller.call(srtStreamId(SECRET, old), makeKeyMaterial(old))).toBe(UNAUTHORISED);
    }
    expect(asked).toEqual([old]);
    expect(refusals()).toEqual(['unknown-key']);
  });

  it('has room for whoever calls from another address', async () => {
    let release: () => void = () => undefined;
    hold = new Promise((resolve) => {
      release = resolve;
    });
    const flood = await Promise.all(Array.from({ length: 40 }, (_, time) => at(port, { socketId: time + 1 })));
    for (const caller of flood) caller.conclude(ID, makeKeyMaterial(KEY));
    await until(() => asked.length === 2);
    const real = await at(port, { address: '127.0.0.2' });
    const keys = makeKeyMaterial(KEY);
    real.conclude(ID, keys);
    await until(() => asked.length === 3);
    release();
    expect((await real.heard()).readUInt32BE(36)).toBe(0xffffffff);
    await until(() => server.connections === 3);
  });

  it('does not let in who has given up', async () => {
    let release: () => void = () => undefined;
    hold = new Promise((resolve) => {
      release = resolve;
    });
    const gone = await at(port);
    const keys = makeKeyMaterial(KEY);
    gone.conclude(ID, keys);
    await until(() => asked.length === 1);
    const later = performance.now() + 1_100;
    vi.spyOn(performance, 'now').mockReturnValue(later);
    release();
    await until(() => abandoned === 1);
    expect(server.connections).toBe(0);
    // It may have been busy for a moment, and then says the same again.
    expect(await gone.call(ID, keys)).toBeNull();
  });

  it('opens a key that is said again and again no second time', async () => {
    const keys = makeKeyMaterial(KEY);
    const caller = await into(port, ID, keys);
    for (let time = 0; time < 100; time += 1) caller.sayKeys(keys.message);
    await caller.heard(USER_DEFINED);
    // A key that was said on the line is no way in either.
    const another = makeKeyMaterial(KEY);
    caller.sayKeys(another.message);
    // Answers to what was said before may still come.
    let answer: Buffer;
    do answer = await caller.heard(USER_DEFINED);
    while (!answer.includes(another.message));
    const ear = await at(port, { socketId: 5 });
    expect(await ear.call(ID, another)).toBe(UNAUTHORISED);
    expect(refusals()).toEqual(['used before']);
  });

  it('is not ended by what a caller sends', async () => {
    const caller = await into(port, ID, makeKeyMaterial(KEY));
    caller.giveAt(1_001, Buffer.alloc(60_000));
    caller.giveAt(1_002, Buffer.alloc(1_316, 0x47));
    caller.control(SHUTDOWN);
    await until(() => server.connections === 0);
    expect(log.some((text) => text.includes('"level":50'))).toBe(false);
  });
});

describe('the media process', () => {
  it('goes on when a caller sends what cannot be, and lets in nobody with what was heard on the line', async () => {
    const own = await startOwnMedia({ SRT_PORT: '0' });
    try {
      const id = srtStreamId(SECRETS.hooks, KEY);
      const broadcast = makeBroadcast();
      own.app.keys.set(KEY, broadcast);
      let port = own.media.srtPort ?? 0;
      const keys = makeKeyMaterial(KEY);
      const bad = await into(port, id, keys);
      const short = Buffer.from([0, 0, 1, 0xe0, 0, 3, 0x80, 0x80, 5]);
      const stream = [pat(), pmt({ video: H264, audio: AAC }), tsPacket(VIDEO_PID, 0, short, { starts: true })];
      // Behind a hole, so that it is taken when a timer gives that up.
      bad.giveAt(1_001, Buffer.concat(stream));
      await bad.heard(KEEPALIVE);
      bad.control(SHUTDOWN);
      await until(async () => (await own.media.status(broadcast))?.publishers.length === 0);

      for (const socketId of [201, 202]) expect(await (await at(port, { socketId })).call(id, keys)).toBe(UNAUTHORISED);
      await own.media.kill();
      own.media = await startMediaProcess(own.dataDir, own.app.url, { SRT_PORT: '0' });
      port = own.media.srtPort ?? 0;
      expect(await (await at(port)).call(id, keys)).toBe(UNAUTHORISED);
      await into(port, id, makeKeyMaterial(KEY));
      await until(async () => (await own.media.status(broadcast))?.publishers.map(({ via }) => via).join() === 'srt');
      expect(own.media.log()).not.toContain(KEY);
    } finally {
      await endOwnMedia(own);
    }
  });
});
