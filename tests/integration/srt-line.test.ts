import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import { once } from 'node:events';
import fs from 'node:fs';
import { pino } from 'pino';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { srtAddress, srtStreamId } from '#contract/srt.ts';
import type { Authorisation } from '#media/authorisation.ts';
import type { Publication } from '#media/publication.ts';
import { createSrtServer, type SrtServer, type SrtServerOptions } from '#media/srt/server.ts';
import type { Tag } from '#media/tag.ts';
import { makeBroadcast, until } from '#tests/support/media-run.ts';
import { ffmpegHasSrt, type Publisher, publishTestSignal } from '#tests/support/publish.ts';
import { temporaryFolder } from '#tests/support/temporary-folder.ts';
import { badLine, type UdpLine } from '#tests/support/udp-line.ts';

const SECRET = 'a secret';
const KEY = 'good-stream-key-of-a-session';
let server: SrtServer;
let port: number;
let dataDir: string;
let publications: { publication: Publication; tags: Tag[]; ended: Promise<string> }[];
let log: string[];
let publishers: Publisher[] = [];
let line: UdpLine | undefined;

async function start(options: Partial<SrtServerOptions> = {}): Promise<void> {
  publications = [];
  log = [];
  server = createSrtServer({
    host: '127.0.0.1',
    port: 0,
    secret: SECRET,
    dataDir,
    clock: Date.now,
    logger: pino({ level: 'debug' }, { write: (text) => void log.push(text) }),
    authorise: async (key): Promise<Authorisation> =>
      key === KEY ? { allowed: true, broadcast: makeBroadcast() } : { allowed: false, reason: 'unknown-key' },
    onPublish(publication) {
      const tags: Tag[] = [];
      publication.onTag((tag) => void tags.push(tag));
      const ended = new Promise<string>((resolve) => publication.onEnd(resolve));
      publications.push({ publication, tags, ended });
    },
    onAbandoned: () => undefined,
    ...options,
  });
  port = await server.listen();
}

function publish(url: string, options: Parameters<typeof publishTestSignal>[1] = {}): Publisher {
  const publisher = publishTestSignal(url, { size: '320x180', ...options });
  publishers.push(publisher);
  return publisher;
}

function picturesOf(tags: Tag[]): Tag[] {
  return tags.filter(({ kind }) => kind === 'key' || kind === 'inter');
}

/** Between two pictures, ms: one alone when none is missing. */
function stepsOf(tags: Tag[]): number[] {
  const at = picturesOf(tags).map(({ timestamp }) => timestamp);
  return [...new Set(at.slice(1).map((time, index) => time - (at[index] ?? 0)))];
}

function reasons(): string[] {
  return log.map((text) => JSON.parse(text) as { reason?: string }).flatMap(({ reason }) => reason ?? []);
}

beforeEach(async () => {
  dataDir = await temporaryFolder();
});

afterEach(async () => {
  for (const publisher of publishers) publisher.kill();
  await Promise.all(publishers.map(({ exited }) => exited));
  publishers = [];
  line?.close();
  line = undefined;
  await server?.close();
  fs.rmSync(dataDir, { recursive: true });
});

describe.skipIf(!ffmpegHasSrt())('libsrt, in a real ffmpeg', () => {
  it('publishes, changes its keys meanwhile, and its end is known at once', async () => {
    await start();
    const url = `${srtAddress(SECRET, KEY, '127.0.0.1', port)}&pbkeylen=32&kmrefreshrate=128&kmpreannounce=32`;
    const publisher = publish(url, { seconds: 4 });
    expect(await publisher.exited).toBe(0);
    const [only] = publications;
    expect(await only?.ended).toBe('the publisher stopped');
    const tags = only?.tags ?? [];
    // What libsrt has not sent yet when it ends, it never sends.
    expect(picturesOf(tags).length).toBeGreaterThan(90);
    expect(stepsOf(tags)).toEqual([40]);
    expect(tags.filter(({ kind }) => kind === 'audio').length).toBeGreaterThan(160);
    expect(log.join('')).not.toContain(KEY);
  });

  it('loses no picture on a line that loses, doubles and delays one packet in twenty', async () => {
    await start();
    line = await badLine(port, 0.05);
    const publisher = publish(`${srtAddress(SECRET, KEY, '127.0.0.1', line.port)}&latency=1000000`, { seconds: 5 });
    await publisher.exited;
    expect(line.dropped).toBeGreaterThan(10);
    // What was lost at the very end nobody has any more.
    const all = picturesOf(publications[0]?.tags ?? []);
    expect(all.length).toBeGreaterThan(110);
    expect(stepsOf(all.slice(0, 110))).toEqual([40]);
  });

  it('is noticed to be gone when its line is cut', async () => {
    await start();
    line = await badLine(port, 0);
    publish(srtAddress(SECRET, KEY, '127.0.0.1', line.port));
    await until(() => publications[0]?.tags.some(({ kind }) => kind === 'key'));
    line.cut();
    expect(await publications[0]?.ended).toBe('connection lost');
    expect(server.connections).toBe(0);
  });

  it('is disconnected when we say so', async () => {
    await start();
    const publisher = publish(srtAddress(SECRET, KEY, '127.0.0.1', port));
    await until(() => publications[0]?.tags.some(({ kind }) => kind === 'key'));
    publications[0]?.publication.close('the class has ended');
    expect(await publications[0]?.ended).toBe('the class has ended');
    await publisher.exited;
  });

  it('goes on where it was when it was not read from for a while', async () => {
    await start();
    publish(srtAddress(SECRET, KEY, '127.0.0.1', port));
    const { publication, tags } = await until(() => publications[0]);
    await until(() => tags.length > 10);
    publication.pause();
    const before = tags.length;
    const bytes = () => publication.bitrate;
    const rate = bytes();
    await until(() => bytes() < rate);
    expect(tags.length).toBe(before);
    publication.resume();
    await until(() => tags.filter(({ kind }) => kind === 'key').length > 1);
    expect(stepsOf(tags)).toEqual([40]);
  });

  it.each([
    ['with a wrong passphrase', `streamid=${srtStreamId(SECRET, KEY)}&passphrase=${KEY}x`, 'wrong passphrase'],
    ['in the clear', `streamid=${srtStreamId(SECRET, KEY)}`, 'not encrypted'],
    ['with the key itself for a stream id', `streamid=${KEY}&passphrase=${KEY}`, 'unknown-key'],
    ['without a stream id', `passphrase=${KEY}`, 'unknown-key'],
    ['with a key that was replaced', srtAddress(SECRET, 'old-stream-key', '', 0).split('?')[1], 'unknown-key'],
  ])('does not get in %s', async (_, query, reason) => {
    await start();
    const publisher = publish(`srt://127.0.0.1:${port}?${query}`);
    expect(await publisher.exited).not.toBe(0);
    expect(publications).toEqual([]);
    expect(reasons()).toContain(reason);
    expect(log.join('')).not.toContain(KEY);
  });

  it.each([
    ['HEVC', { video: ['-c:v', 'libx265', '-preset', 'ultrafast'] }, 'hevc', 'unsupported-video'],
    ['MP2', { sound: ['-c:a', 'mp2'] }, 'mp2', 'unsupported-audio'],
  ])('is not taken with %s, which is named, and cut off', async (_, options, codec, reason) => {
    await start({ unsupportedMs: 1_000 });
    const publisher = publish(srtAddress(SECRET, KEY, '127.0.0.1', port), options);
    await until(() => log.some((text) => text.includes(`"codec":"${codec}"`)));
    const source = publications[0]?.publication.source();
    expect([source?.videoCodec, source?.audioCodec]).toContain(codec);
    expect(await publications[0]?.ended).toBe(reason);
    expect(publications[0]?.tags).toEqual([]);
    await publisher.exited;
  });

  it('is disconnected when what it sends is no transport stream', async () => {
    await start({ dataMs: 1_000 });
    const noise = ['-re', '-f', 'u8', '-ar', '48000', '-i', '/dev/urandom', '-f', 'u8'];
    const url = `${srtAddress(SECRET, KEY, '127.0.0.1', port)}&payload_size=1316`;
    const child = spawn('ffmpeg', ['-v', 'quiet', '-nostdin', ...noise, url], { stdio: 'ignore' });
    const { ended, tags } = await until(() => publications[0]);
    expect(await ended).toBe('no data');
    await once(child, 'exit');
    expect(tags).toEqual([]);
  });
});

describe('whoever is no publisher', () => {
  let socket: dgram.Socket;

  beforeAll(async () => {
    socket = dgram.createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return () => void socket.close();
  });

  function handshake(type: number, cookie: number): Buffer {
    const bytes = Buffer.alloc(64);
    bytes.writeUInt32BE(0x80000000, 0);
    bytes.writeUInt32BE(4, 16);
    bytes.writeUInt32BE(type, 36);
    bytes.writeUInt32BE(77, 40);
    bytes.writeUInt32BE(cookie, 44);
    return bytes;
  }

  it('gets a cookie and nothing else, and is forgotten', async () => {
    await start();
    socket.send(handshake(1, 0), port, '127.0.0.1');
    const [answer] = (await once(socket, 'message')) as [Buffer];
    expect(answer.readUInt32BE(12)).toBe(77);
    expect(answer.readUInt32BE(16)).toBe(5);
    expect(answer.length).toBe(64);
    expect(server.connections).toBe(0);
    // With the cookie of somebody else nothing happens, and with its own it is told what is missing.
    socket.send(handshake(0xffffffff, (answer.readUInt32BE(44) ^ 1) >>> 0), port, '127.0.0.1');
    socket.send(handshake(0xffffffff, answer.readUInt32BE(44)), port, '127.0.0.1');
    const [refusal] = (await once(socket, 'message')) as [Buffer];
    expect(refusal.readUInt32BE(36)).toBe(1_008);
    expect(reasons()).toEqual(['an old version']);
  });

  it('may send what it likes', async () => {
    await start();
    for (let length = 0; length < 400; length += 1) {
      const bytes = Buffer.alloc(length, length);
      if (length >= 16 && length % 2) bytes.writeUInt32BE(0, 12);
      socket.send(bytes, port, '127.0.0.1');
    }
    socket.send(handshake(1, 0), port, '127.0.0.1');
    await once(socket, 'message');
    expect(server.connections).toBe(0);
    expect(log).toEqual([]);
  });
});

it('does not start on a port that is taken', async () => {
  await start();
  const another = createSrtServer({
    host: '127.0.0.1',
    port,
    secret: SECRET,
    dataDir,
    clock: Date.now,
    logger: pino({ level: 'silent' }),
    authorise: async () => ({ allowed: false, reason: 'unknown-key' }),
    onPublish: () => undefined,
    onAbandoned: () => undefined,
  });
  await expect(another.listen()).rejects.toThrow('EADDRINUSE');
});
