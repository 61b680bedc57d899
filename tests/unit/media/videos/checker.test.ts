import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Logger } from '#media/logger.ts';
import { flvHeader, flvTag, SCRIPT, VIDEO } from '#media/rtmp/flv.ts';
import { Checker } from '#media/videos/checker.ts';
import { VideoLibrary } from '#media/videos/library.ts';
import { temporaryFolder } from '#tests/support/temporary-folder.ts';

/* What becomes of an upload when ffmpeg is killed, or hangs: a script in its place does so. */

const quiet = () => undefined;
const logger = { info: quiet, warn: quiet, error: quiet } as unknown as Logger;

let dataDir: string;
let library: VideoLibrary;

beforeEach(async () => {
  dataDir = await temporaryFolder();
  library = new VideoLibrary({ dataDir, logger, reserveBytes: 0 });
  await library.open();
});
afterEach(() => fs.rmSync(dataDir, { recursive: true }));

/** Has an upload checked by a script. @returns its id and what came of it */
async function checkedBy(script: string): Promise<{ videoId: string; outcome: string }> {
  const ffmpeg = path.join(dataDir, 'ffmpeg');
  fs.writeFileSync(ffmpeg, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const videoId = randomUUID();
  await library.expect(videoId, 4);
  fs.writeFileSync(library.uploadPath(videoId), 'good');
  await library.markUploaded(videoId);
  const outcome = await new Promise<string>((resolve) => {
    const checker = new Checker({
      library,
      ffmpeg: { path: ffmpeg, version: '', fallback: false, meters: true, follows: true },
      logger,
      onReady: () => resolve('ready'),
      onUnusable: (_, reason) => resolve(reason),
      leastLoudnessMs: 200,
    });
    checker.add(videoId);
  });
  return { videoId, outcome };
}

it('keeps an upload whose check was killed, and can check it again', async () => {
  const { videoId, outcome } = await checkedBy('kill -9 $$');
  expect(outcome).toBe('failed');
  expect(fs.readFileSync(library.uploadPath(videoId), 'utf8')).toBe('good');
  expect(await library.retry(videoId)).toBe(true);
});

it('goes on without its loudness where measuring that hangs', async () => {
  const script = Buffer.from([2, 0, 10, ...Buffer.from('onMetaData'), 8, 0, 0, 0, 2]);
  const number = (name: string, value: number) => {
    const bytes = Buffer.alloc(9);
    bytes.writeDoubleBE(value, 1);
    return Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name), bytes]);
  };
  const about = Buffer.concat([script, number('width', 320), number('height', 180), Buffer.from([0, 0, 9])]);
  const converted = path.join(dataDir, 'converted.flv');
  const tags = [
    flvTag(SCRIPT, 0, about),
    flvTag(VIDEO, 0, Buffer.from([0x17, 0])),
    flvTag(VIDEO, 0, Buffer.from([0x17, 1])),
    flvTag(VIDEO, 960, Buffer.from([0x27, 1])),
  ];
  fs.writeFileSync(converted, Buffer.concat([flvHeader(false), ...tags]));
  const said = path.join(dataDir, 'said');
  fs.writeFileSync(
    said,
    [
      "Input #0, mov, from 'file:upload':",
      '  Duration: 00:00:01.00, start: 0.000000',
      '  Stream #0:0: Video: h264',
      '  Stream #0:1: Audio: aac',
      "Output #0, null, to 'pipe:':",
      'frame=   25 fps=0.0',
    ].join('\n'),
  );
  const asked = path.join(dataDir, 'asked');
  const { outcome } = await checkedBy(`
    case "$*" in
      *ebur128*) exec sleep 600 ;;
      *libx264*) echo "$*" > ${asked}; cat ${converted} ;;
      *mjpeg*) ;;
      *) cat ${said} >&2 ;;
    esac`);
  expect(outcome).toBe('ready');
  expect(fs.readFileSync(asked, 'utf8')).toContain('volume=0dB');
});
