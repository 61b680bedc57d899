import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

/*
 * A picture that says when it was made: 24 columns, black or white, are the low bits of the wall clock's milliseconds, and
 * below them stands the same inverted, so that a reader knows whether it read well.
 */

const WIDTH = 480;
const HEIGHT = 272;
const FRAMES_PER_SECOND = 25;
const SAMPLES_PER_SECOND = 48_000;
const TONE_HZ = 440;
const BITS = 24;
const COLUMN = WIDTH / BITS;
const BAND = 80;

/** Publishes the picture, enlarged to so many lines, and a tone, in real time, by a real ffmpeg. */
export function publishClock(rtmpUrl: string, ffmpeg: string, lines = HEIGHT) {
  const child = spawn(
    ffmpeg,
    [
      ...['-hide_banner', '-loglevel', 'error', '-nostats'],
      ...['-f', 'rawvideo', '-pix_fmt', 'gray', '-s', `${WIDTH}x${HEIGHT}`, '-r', String(FRAMES_PER_SECOND)],
      ...['-probesize', '32', '-analyzeduration', '0', '-i', 'pipe:0'],
      ...['-f', 's16le', '-ar', String(SAMPLES_PER_SECOND), '-ac', '1', '-i', 'pipe:3'],
      ...['-vf', `scale=-2:${lines}:flags=neighbor`, '-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency'],
      ...['-pix_fmt', 'yuv420p', '-b:v', '1000k'],
      ...['-g', String(FRAMES_PER_SECOND * 2), '-keyint_min', String(FRAMES_PER_SECOND * 2), '-sc_threshold', '0'],
      ...['-c:a', 'aac', '-b:a', '64k', '-f', 'flv', rtmpUrl],
    ],
    { stdio: ['pipe', 'ignore', 'pipe', 'pipe'] },
  );
  const { stdin, stderr } = child;
  const sound = child.stdio[3] as Writable | null;
  if (!stdin || !stderr || !sound) throw new Error('ffmpeg was started without pipes');
  let complaint = '';
  stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  // It has ended by itself; `exited` tells.
  for (const pipe of [stdin, sound]) pipe.on('error', () => undefined);
  const startedAt = performance.now();
  let written = 0;
  const drawing = setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) * FRAMES_PER_SECOND) / 1_000);
    for (; written < due; written += 1) {
      stdin.write(clockFrame(Date.now()));
      sound.write(toneOfFrame(written));
    }
  }, 1_000 / FRAMES_PER_SECOND);
  const exited = new Promise<number | null>((resolve) => child.on('close', resolve));
  void exited.then(() => clearInterval(drawing));
  return {
    exited,
    stderr: () => complaint,
    async stop() {
      clearInterval(drawing);
      // It may be waiting for a frame, and hears no signal then.
      stdin.end();
      sound.end();
      child.kill('SIGINT');
      await exited;
    },
  };
}

/**
 * The sound of one frame, written with it: ffmpeg's own tone would run by ffmpeg's clock, and each picture wait for the
 * sound of its moment.
 */
function toneOfFrame(frame: number): Buffer {
  const samples = SAMPLES_PER_SECOND / FRAMES_PER_SECOND;
  const tone = Buffer.alloc(samples * 2);
  for (let n = 0; n < samples; n += 1) {
    const at = (frame * samples + n) / SAMPLES_PER_SECOND;
    tone.writeInt16LE(Math.round(4_000 * Math.sin(2 * Math.PI * TONE_HZ * at)), n * 2);
  }
  return tone;
}

/** One frame, a byte a pixel. */
export function clockFrame(now: number): Buffer {
  const frame = Buffer.alloc(WIDTH * HEIGHT, 128);
  const row = Buffer.alloc(WIDTH);
  for (let bit = 0; bit < BITS; bit += 1) {
    const one = Math.floor(now / 2 ** (BITS - 1 - bit)) % 2 === 1;
    row.fill(one ? 255 : 0, bit * COLUMN, (bit + 1) * COLUMN);
  }
  const inverted = row.map((value) => 255 - value);
  for (let y = 0; y < BAND; y += 1) {
    row.copy(frame, y * WIDTH);
    frame.set(inverted, (BAND + y) * WIDTH);
  }
  // Something that moves, as in any lecture.
  const at = Math.floor((now / 20) % WIDTH);
  for (let y = BAND * 2; y < HEIGHT; y += 1) frame[y * WIDTH + at] = 255;
  return frame;
}

/**
 * For the page: reads the clock off the frame that the first `<video>` shows, and gives how old it is in ms; null where the
 * frame can't be read.
 */
export const FRAME_AGE = `(() => {
  const video = document.querySelector('video');
  if (!video || video.readyState < 2) return null;
  const canvas = window.clockCanvas ??= document.createElement('canvas');
  canvas.width = ${WIDTH};
  canvas.height = ${HEIGHT};
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  const now = Date.now();
  const above = context.getImageData(0, ${BAND / 2}, ${WIDTH}, 1).data;
  const below = context.getImageData(0, ${BAND + BAND / 2}, ${WIDTH}, 1).data;
  let shown = 0;
  for (let bit = 0; bit < ${BITS}; bit += 1) {
    const at = 4 * Math.floor((bit + 0.5) * ${COLUMN});
    if (Math.abs(above[at] - below[at]) < 100) return null;
    shown = shown * 2 + (above[at] > below[at] ? 1 : 0);
  }
  const range = 2 ** ${BITS};
  return (((now % range) - shown) + range) % range;
})()`;
