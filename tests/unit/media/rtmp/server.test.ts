import { once } from 'node:events';
import net from 'node:net';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Broadcast } from '#contract/media.ts';
import type { Authorisation } from '#media/authorisation.ts';
import type { Publication } from '#media/publication.ts';
import { encodeAmf } from '#media/rtmp/amf0.ts';
import { writeChunks } from '#media/rtmp/chunks.ts';
import { createRtmpServer, type RtmpOptions, type RtmpServer } from '#media/rtmp/server.ts';
import { RtmpClient } from '#tests/support/rtmp-client.ts';

const soon = { timeout: 45_000 };
const AUDIO = 8;
const VIDEO = 9;
const DATA = 18;
const BROADCAST: Broadcast = {
  id: '01890a5d-ac96-774b-bcce-b302099a8057',
  sessionId: '01890a5d-ac96-774b-bcce-b302099a8058',
  prefix: 'abcdefghijklmnop',
  kind: 'live',
};

let server: RtmpServer | undefined;
afterEach(() => server?.close());

async function start(options: Partial<RtmpOptions> = {}) {
  const publications: Publication[] = [];
  const log: string[] = [];
  server = createRtmpServer({
    host: '127.0.0.1',
    port: 0,
    clock: Date.now,
    logger: pino({ level: 'debug' }, { write: (line) => void log.push(line) }),
    authorise: async (key): Promise<Authorisation> =>
      key.startsWith('good') ? { allowed: true, broadcast: BROADCAST } : { allowed: false, reason: 'unknown-key' },
    onPublish: (publication) => void publications.push(publication),
    onAbandoned: () => undefined,
    ...options,
  });
  return { server, ...(await server.listen()), publications, log };
}

function media(client: RtmpClient, type: number, ...bytes: number[]): void {
  client.send(4, { type, streamId: 1, timestamp: 0, payload: Buffer.from(bytes) });
}

function ended(publication: Publication | undefined): Promise<string> {
  return new Promise((resolve) => publication?.onEnd(resolve));
}

describe('publishing', () => {
  it('asks with the key alone, and never logs it', async () => {
    const asked: string[] = [];
    const { port, log } = await start({
      async authorise(key) {
        asked.push(key);
        return { allowed: false, reason: 'unknown-key' };
      },
    });
    const { client, code } = await RtmpClient.publish(port, 'secret-key?token=1');
    expect(code).toBe('NetStream.Publish.BadName');
    await client.closed;
    expect(asked).toEqual(['secret-key']);
    expect(log.join('')).not.toContain('secret-key');
  });

  it('gives the tags of a publication, and headers that begin it anew', async () => {
    const { port, publications } = await start();
    const { client } = await RtmpClient.publish(port, 'good');
    const tags: string[] = [];
    const metadata = { width: 640, height: 360, framerate: 25, audiocodecid: 10 };
    const payload = encodeAmf(['@setDataFrame', 'onMetaData', metadata]);
    const whole = new Promise<void>((resolve) =>
      publications[0]?.onTag(({ kind }) => {
        tags.push(kind);
        if (kind === 'audio') resolve();
      }),
    );
    client.send(4, { type: DATA, streamId: 1, timestamp: 0, payload });
    media(client, VIDEO, 0x17, 0, 0, 0, 0, 1);
    media(client, AUDIO, 0xaf, 0, 0x12);
    media(client, VIDEO, 0x17, 1, 0, 0, 0);
    media(client, VIDEO, 0x27, 1, 0, 0, 0);
    media(client, AUDIO, 0xaf, 1, 0);
    await whole;
    expect(tags).toEqual(['config', 'config', 'key', 'inter', 'audio']);
    const headers = publications[0]?.headers().toString('latin1');
    expect(headers?.slice(0, 5)).toBe('FLV\x01\x05');
    expect(headers).toContain('onMetaData');
    expect(publications[0]?.source()).toEqual({
      videoCodec: 'h264',
      audioCodec: 'aac',
      width: 640,
      height: 360,
      framesPerSecond: 25,
    });
  });

  it('asks about each that comes with the same key', async () => {
    const { port, publications } = await start();
    const both = await Promise.all([RtmpClient.publish(port, 'good'), RtmpClient.publish(port, 'good')]);
    expect(both.map(({ code }) => code)).toEqual(['NetStream.Publish.Start', 'NetStream.Publish.Start']);
    expect(publications).toHaveLength(2);
  });

  it.each([
    ['HEVC, as enhanced RTMP carries it', VIDEO, [0x90, ...Buffer.from('hvc1'), 0]],
    ['HEVC, as others number it', VIDEO, [0x1c, 0, 0, 0, 0]],
    ['MP3', AUDIO, [0x2f, 1]],
    ['Opus, as enhanced RTMP carries it', AUDIO, [0x90, ...Buffer.from('Opus')]],
  ])('tells a publisher of %s what it should send', async (_, type, bytes) => {
    const { port, publications } = await start();
    const { client } = await RtmpClient.publish(port, 'good');
    media(client, type, ...bytes);
    const [, , , status] = await client.answer('onStatus');
    expect(status).toMatchObject({ level: 'error', description: expect.stringMatching(/必须是.*must be/) });
    await client.closed;
    expect(await ended(publications[0])).toMatch(/^unsupported-/);
  });

  it('turns a publisher away when the app can’t be asked, or what takes it in fails', async () => {
    const { port } = await start({ authorise: () => Promise.reject(new Error('away')) });
    expect((await RtmpClient.publish(port, 'good')).code).toBe('NetStream.Publish.BadName');
    await server?.close();
    const other = await start({
      onPublish() {
        throw new Error('broken');
      },
    });
    await (await RtmpClient.publish(other.port, 'good')).client.closed;
    expect(other.log.join('')).toContain('broken');
  });

  it('tells who asked on behalf of a publisher that it left meanwhile', async () => {
    const onAbandoned = vi.fn();
    let allow: (answer: Authorisation) => void = () => undefined;
    const { server: own, port } = await start({
      onAbandoned,
      authorise: () =>
        new Promise((resolve) => {
          allow = resolve;
        }),
      timeouts: { publishMs: 1_000 },
    });
    const left = RtmpClient.publish(port, 'good');
    await expect(left).rejects.toThrow('closed');
    allow({ allowed: true, broadcast: BROADCAST });
    await vi.waitFor(() => expect(onAbandoned).toHaveBeenCalledWith(BROADCAST), soon);
    await vi.waitFor(() => expect(own.connections).toBe(0), soon);
  });

  it('answers pings and acknowledges what it read', async () => {
    const { port } = await start();
    const { client } = await RtmpClient.publish(port, 'good');
    client.send(2, { type: 4, streamId: 0, timestamp: 0, payload: Buffer.of(0, 6, 1, 2, 3, 4) });
    expect((await client.message(4)).payload).toEqual(Buffer.of(0, 7, 1, 2, 3, 4));
    client.send(2, { type: 5, streamId: 0, timestamp: 0, payload: Buffer.of(0, 1, 0, 0) });
    for (let sent = 0; sent < 40; sent += 1) media(client, AUDIO, 0xaf, 1, ...Array<number>(1_000).fill(0));
    expect((await client.message(3)).payload.readUInt32BE()).toBeGreaterThan(32_768);
  });
});

describe('what is no publisher', () => {
  it('is disconnected: silent, half-closed, idle after the handshake, or without data', async () => {
    const {
      server: own,
      port,
      publications,
    } = await start({
      timeouts: { handshakeMs: 1_000, publishMs: 1_000, dataMs: 1_000 },
    });
    const silent = await RtmpClient.connect(port);
    const half = await RtmpClient.connect(port);
    half.socket.end(Buffer.concat([Buffer.of(3), Buffer.alloc(1_000)]));
    const idle = await RtmpClient.connect(port);
    idle.shakeHands();
    const { client } = await RtmpClient.publish(port, 'good');
    await Promise.all([silent, half, idle, client].map(({ closed }) => closed));
    expect(await ended(publications[0])).toBe('no data');
    await vi.waitFor(() => expect(own.connections).toBe(0), soon);
  });

  it('does not keep a publisher out, however much of it there is', async () => {
    const { server: own, port } = await start({ maxConnections: 3 });
    const first = await RtmpClient.publish(port, 'good-1');
    const idle = await Promise.all([1, 2, 3, 4].map(() => RtmpClient.connect(port)));
    expect((await RtmpClient.publish(port, 'good-2')).code).toBe('NetStream.Publish.Start');
    await Promise.race(idle.map(({ closed }) => closed));
    await vi.waitFor(() => expect(own.connections).toBeLessThanOrEqual(3), soon);
    expect(first.client.socket.closed).toBe(false);
  });

  it('is cut when it asks and asks and reads no answer', async () => {
    const { server: own, port } = await start();
    const client = await RtmpClient.connect(port);
    client.shakeHands();
    client.socket.pause();
    const payload = encodeAmf(['connect', 1, { app: 'live' }]);
    const question = writeChunks(3, { type: 20, streamId: 0, timestamp: 0, payload }, 128);
    const questions = Buffer.alloc(1_000 * question.length, question);
    while (own.connections > 0) {
      if (client.socket.writableLength < questions.length) client.socket.write(questions);
      await new Promise(setImmediate);
    }
  });

  it('changes nothing for others: garbage, and real streams cut or damaged anywhere', async () => {
    const { server: own, port, publications } = await start();
    const { client } = await RtmpClient.publish(port, 'good');
    const stream = await recordedStream(port);
    const damage = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 5_000 }).map((bytes) => Buffer.from(bytes)),
      fc
        .uint8Array({ minLength: 1, maxLength: 2_000 })
        .map((bytes) => Buffer.concat([stream.subarray(0, 3_073), bytes])),
      fc.nat(stream.length).map((length) => stream.subarray(0, length)),
      fc.tuple(fc.integer({ min: 3_073, max: stream.length - 1 }), fc.nat(255)).map(([at, byte]) => {
        const copy = Buffer.from(stream);
        copy[at] = byte;
        return copy;
      }),
    );
    await fc.assert(
      fc.asyncProperty(damage, async (bytes) => {
        const socket = net.connect(port, '127.0.0.1');
        socket.on('error', () => undefined);
        socket.resume();
        await once(socket, 'connect');
        socket.end(bytes);
        await once(socket, 'close');
      }),
      { numRuns: 200 },
    );
    await vi.waitFor(() => expect(own.connections).toBe(1), soon);
    expect(client.socket.closed).toBe(false);
    const end = ended(publications[0]);
    client.socket.destroy();
    await end;
    expect((await RtmpClient.publish(port, 'good')).code).toBe('NetStream.Publish.Start');
  });
});

/** What a well-behaved publisher sends, as bytes. */
async function recordedStream(port: number): Promise<Buffer> {
  const sent: Buffer[] = [];
  const client = await RtmpClient.connect(port);
  const write = client.socket.write.bind(client.socket);
  client.socket.write = (bytes: Uint8Array | string) => {
    sent.push(Buffer.from(bytes));
    return write(bytes);
  };
  client.shakeHands();
  client.command('connect', 1, { app: 'live', type: 'nonprivate' });
  client.command('createStream', 4, null);
  client.command('publish', 5, null, 'good-recorded', 'live');
  media(client, VIDEO, 0x17, 0, 0, 0, 0, 1);
  media(client, AUDIO, 0xaf, 0, 0x12);
  for (let frame = 0; frame < 20; frame += 1) media(client, VIDEO, 0x17, 1, 0, 0, 0, ...Array<number>(300).fill(frame));
  await client.answer('onStatus');
  client.command('deleteStream', 6, null, 1);
  await client.closed;
  return Buffer.concat(sent);
}
