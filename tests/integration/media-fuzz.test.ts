import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeAmf } from '#media/rtmp/amf0.ts';
import {
  childrenOf,
  endOwnMedia,
  type HookEndpoint,
  type MediaRun,
  makeBroadcast,
  startOwnMedia,
  until,
} from '#tests/support/media-run.ts';
import { publishTestSignal } from '#tests/support/publish.ts';
import { RtmpClient } from '#tests/support/rtmp-client.ts';

/* Publishers that send damaged and absurd things, from the same seeds each time. */

const [AUDIO, VIDEO, SCRIPT] = [8, 9, 18];

interface Message {
  type: number;
  timestamp: number;
  payload: Buffer;
}

/** Numbers from 0 to below 1, the same for a seed each time. */
type Random = () => number;

let app: HookEndpoint;
let media: MediaRun;
let dataDir: string;
let good: Message[];
let filesBefore: number;

beforeAll(async () => {
  ({ dataDir, app, media } = await startOwnMedia());
  good = recordedMessages();
  filesBefore = fs.readdirSync(`/proc/${media.child.pid}/fd`).length;
});
afterAll(() => endOwnMedia({ dataDir, app, media }));

/** Two seconds of a real encoder's picture and sound, as RTMP carries them. */
function recordedMessages(): Message[] {
  const picture = ['-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=25:d=2', '-f', 'lavfi', '-i', 'sine=d=2'];
  const coding = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '25', '-c:a', 'aac'];
  const flv = execFileSync('ffmpeg', ['-loglevel', 'error', ...picture, ...coding, '-f', 'flv', 'pipe:1']);
  const messages: Message[] = [];
  for (let at = 13; at + 11 < flv.length; ) {
    const length = flv.readUIntBE(at + 1, 3);
    const timestamp = flv.readUIntBE(at + 4, 3);
    messages.push({ type: flv[at] ?? 0, timestamp, payload: flv.subarray(at + 11, at + 11 + length) });
    at += 11 + length + 4;
  }
  return messages;
}

function seeded(seed: number): Random {
  let state = seed;
  return () => {
    // Numerical Recipes' generator: good enough to choose bytes by.
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function damaged(payload: Buffer, random: Random, from: number, bytes: number): Buffer {
  const copy = Buffer.from(payload);
  for (let n = 0; n < bytes && copy.length > from; n += 1) {
    copy[from + Math.floor(random() * (copy.length - from))] = Math.floor(random() * 256);
  }
  return copy;
}

const isConfig = ({ type, payload }: Message) => type !== SCRIPT && payload[1] === 0;
const isFrame = ({ type, payload }: Message) => type !== SCRIPT && payload[1] === 1;

const ways: [string, (message: Message, random: Random) => Message | null][] = [
  [
    'bytes of the picture are wrong',
    (m, r) => (m.type === VIDEO && isFrame(m) ? { ...m, payload: damaged(m.payload, r, 9, 40) } : m),
  ],
  [
    'lengths of NAL units are wrong',
    (m, r) => {
      if (m.type !== VIDEO || !isFrame(m)) return m;
      const payload = Buffer.from(m.payload);
      payload.writeUInt32BE(Math.floor(r() * 2 ** 32), 5);
      return { ...m, payload };
    },
  ],
  [
    'frames are cut off',
    (m, r) => (isFrame(m) ? { ...m, payload: m.payload.subarray(0, 2 + Math.floor(r() * m.payload.length)) } : m),
  ],
  [
    'the picture’s configuration is garbage',
    (m, r) => (m.type === VIDEO && isConfig(m) ? { ...m, payload: damaged(m.payload, r, 5, 30) } : m),
  ],
  [
    'the sound’s configuration is garbage',
    (m, r) => (m.type === AUDIO && isConfig(m) ? { ...m, payload: damaged(m.payload, r, 2, 4) } : m),
  ],
  [
    'the sound is garbage',
    (m, r) => (m.type === AUDIO && isFrame(m) ? { ...m, payload: damaged(m.payload, r, 2, 200) } : m),
  ],
  ['times jump to and fro', (m, r) => ({ ...m, timestamp: Math.floor(r() * 2 ** 31) })],
  ['times wrap around', (m) => ({ ...m, timestamp: (m.timestamp + 0xffff_fc00) % 2 ** 32 })],
  [
    'its metadata are absurd',
    (m) => {
      const absurd = {
        width: 1e9,
        height: -3,
        framerate: 1e6,
        videodatarate: Number.NaN,
        audiocodecid: 'x'.repeat(3_000),
      };
      return m.type === SCRIPT ? { ...m, payload: encodeAmf(['@setDataFrame', 'onMetaData', absurd]) } : m;
    },
  ],
  ['there is no picture', (m) => (m.type === VIDEO ? null : m)],
  [
    'every frame says that it is a key frame',
    (m) => {
      if (m.type !== VIDEO) return m;
      const payload = Buffer.from(m.payload);
      payload[0] = 0x17;
      return { ...m, payload };
    },
  ],
  ['anything is wrong', (m, r) => ({ ...m, payload: r() < 0.3 ? damaged(m.payload, r, 0, 20) : m.payload })],
];

const SEEDS = [1, 2, 3];

it.each(ways)('outlives publishers of whom %s', async (name, change) => {
  const broadcast = makeBroadcast();
  app.keys.set(name, broadcast);
  for (const seed of SEEDS) {
    const random = seeded(seed);
    const { client, code } = await RtmpClient.publish(media.rtmpPort, name);
    expect(code).toBe('NetStream.Publish.Start');
    for (let round = 0; round < 2 && !client.socket.closed; round += 1) {
      for (const message of good) {
        const sent = change({ ...message, timestamp: message.timestamp + round * 2_000 }, random);
        if (sent) client.send(4, { ...sent, streamId: 1 });
      }
    }
    client.command('deleteStream', 6, null, 1);
    client.socket.end();
    await client.closed;
    await until(async () => (await media.status(broadcast))?.publishers.length === 0);
  }
  await media.control('end', { broadcastId: broadcast.id });
  expect(media.child.exitCode).toBeNull();
});

it('has neither encoders nor open files left, and takes a good publisher after all of them', async () => {
  const { pid = 0 } = media.child;
  await until(() => childrenOf(pid, 'ffmpeg').length === 0);
  // Keep-alive connections to the app and from this test come and go.
  await until(() => fs.readdirSync(`/proc/${pid}/fd`).length < filesBefore + 8);
  const broadcast = makeBroadcast();
  app.keys.set('after', broadcast);
  const publisher = publishTestSignal(media.rtmpUrl('after'), { size: '320x180' });
  await until(async () => (await media.status(broadcast))?.publishing);
  await publisher.stop();
  expect(media.log()).not.toMatch(/"level":60|unexpected error/);
});
