import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AUDIO, VIDEO } from '#media/rtmp/flv.ts';
import { FlvIndexer, keyFrameBefore, keyFrameFrom } from '#media/videos/flv-index.ts';

const KEY = Buffer.from([0x17, 1]);
const INTER = Buffer.from([0x27, 1]);
const about = { width: 640, height: 360, framesPerSecond: 25, bytes: 1_000 };

function tag(type: number, timestamp: number, payload: Buffer, offset = timestamp) {
  return { type, timestamp, payload, offset };
}

describe('the index of a file', () => {
  it('counts positions from the first picture and lasts to the end of the last', () => {
    const indexer = new FlvIndexer();
    indexer.take(tag(VIDEO, 0, Buffer.from([0x17, 0, 1])));
    indexer.take(tag(AUDIO, 0, Buffer.from([0xaf, 0, 2])));
    for (const at of [21, 61, 101]) indexer.take(tag(VIDEO, at, at === 21 ? KEY : INTER));
    indexer.take(tag(VIDEO, 1_021, KEY));
    indexer.take(tag(AUDIO, 1_300, Buffer.from([0xaf, 1])));
    expect(indexer.reachedMs).toBe(1_300);
    expect(indexer.finish(about)).toEqual({
      ...about,
      durationMs: 1_040,
      originMs: 21,
      videoConfig: Buffer.from([0x17, 0, 1]).toString('base64'),
      audioConfig: Buffer.from([0xaf, 0, 2]).toString('base64'),
      keyFrames: [
        [0, 21],
        [1_000, 1_021],
      ],
    });
  });

  it('is none without a picture or its configuration', () => {
    const indexer = new FlvIndexer();
    indexer.take(tag(AUDIO, 0, Buffer.from([0xaf, 0, 2])));
    expect(indexer.finish(about)).toBeNull();
    indexer.take(tag(VIDEO, 0, KEY));
    expect(indexer.finish(about)).toBeNull();
  });
});

describe('where to begin', () => {
  it('is the first key frame that is not before the position, else the last; to say something again, the last before it', () => {
    const positions = fc.uniqueArray(fc.nat({ max: 10_000 }), { minLength: 1 }).map((all) => all.sort((a, b) => a - b));
    fc.assert(
      fc.property(positions, fc.nat({ max: 12_000 }), (all, ms) => {
        const keyFrames = all.map((at): [number, number] => [at, at * 2]);
        const expected = all.find((at) => at >= ms) ?? all.at(-1);
        expect(keyFrameFrom({ keyFrames }, ms)).toEqual([expected, (expected ?? 0) * 2]);
        expect(keyFrameBefore({ keyFrames }, ms)).toBe(all.findLast((at) => at <= ms) ?? 0);
      }),
    );
  });
});
