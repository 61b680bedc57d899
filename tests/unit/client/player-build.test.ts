import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { compileFunction } from 'node:vm';
import { beforeAll, expect, it } from 'vitest';
import { lighterHls } from '#client/player-build.ts';

/** Two segments in six parts each, and the first part of a third. */
const PLAYLIST = [
  '#EXTM3U',
  '#EXT-X-VERSION:9',
  '#EXT-X-TARGETDURATION:2',
  '#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.950',
  '#EXT-X-PART-INF:PART-TARGET=0.350',
  '#EXT-X-MEDIA-SEQUENCE:7',
  '#EXT-X-MAP:URI="init-1.mp4"',
  ...[0, 1, 2, 3, 4, 5].map((part) => `#EXT-X-PART:DURATION=0.333333,URI="part-7.${part}.m4s"`),
  '#EXTINF:2.000000,',
  'seg-7.m4s',
  ...[0, 1, 2, 3, 4, 5].map((part) => `#EXT-X-PART:DURATION=0.333333,URI="part-8.${part}.m4s"`),
  '#EXTINF:2.000000,',
  'seg-8.m4s',
  '#EXT-X-PART:DURATION=0.333333,URI="part-9.0.m4s"',
  '',
].join('\n');

interface Part {
  index: number;
  fragment: { sn: number };
  elementaryStreams: { audio: unknown };
}

interface Chosen {
  sn: number;
}

/** What of hls.js the test looks at. */
interface Parts {
  BaseStreamController: {
    prototype: { getFragmentAtPosition: (bufferEnd: number, end: number, details: unknown) => Chosen | null };
  };
  AudioStreamController: { prototype: { onInitPtsFound: (event: string, data: unknown) => void } };
  FragmentTracker: { prototype: { detectEvictedFragments: (...of: unknown[]) => void } };
  M3U8Parser: { parseLevelPlaylist: (...of: unknown[]) => { partList: Part[]; partEnd: number } };
}

const FILE = createRequire(import.meta.url).resolve('hls.js/dist/hls.mjs');
const builds: Record<string, Parts> = {};

beforeAll(async () => {
  const code = await readFile(FILE, 'utf8');
  const { transform } = lighterHls();
  if (typeof transform !== 'object') throw new Error('the plugin changes nothing');
  builds.theirs = run(code);
  builds.ours = run((transform.handler as (code: string) => { code: string })(code).code);
});

/** Not as a module: the tests' own tools would take ten seconds over it. */
function run(code: string): Parts {
  const body = code.replace(
    /^export \{[\s\S]*$/m,
    'return { AudioStreamController, BaseStreamController, FragmentTracker, M3U8Parser };',
  );
  return compileFunction(body)();
}

/** Number of the segment that is loaded next when segment 7 is there as far as `bufferEnd`, and these of its parts came one by one. */
function nextSegment(build: string, bufferEnd: number, loadedParts: number[], state = 'OK'): number | undefined {
  const { BaseStreamController, M3U8Parser } = builds[build] as Parts;
  const details = M3U8Parser.parseLevelPlaylist(PLAYLIST, 'http://localhost/live.m3u8', 0, 'audio', 0, null);
  for (const part of details.partList) {
    if (part.fragment.sn === 7 && loadedParts.includes(part.index)) part.elementaryStreams.audio = {};
  }
  const controller = {
    config: { maxFragLookUpTolerance: 0.25 },
    fragPrevious: null,
    loadingParts: true,
    lastCurrentTime: 0,
    media: { paused: false },
    startFragRequested: true,
    fragmentTracker: { getState: ({ sn }: Chosen) => (sn === 7 ? state : 'NOT_LOADED') },
  };
  const { getFragmentAtPosition } = BaseStreamController.prototype;
  return getFragmentAtPosition.call(controller, bufferEnd, details.partEnd, details)?.sn;
}

/** As sound ends at a change of encoders. */
const EARLY = 1.93;

it('goes on after a segment that was loaded as a whole, also where its sound ends early', () => {
  expect(nextSegment('ours', EARLY, [])).toBe(8);
  expect(nextSegment('ours', EARLY, [3, 4, 5])).toBe(8);
  expect(nextSegment('ours', EARLY, [0, 1, 2, 3, 4, 5])).toBe(8);
});

it('stays with a segment of which parts are still to come', () => {
  expect(nextSegment('ours', 1, [0, 1, 2])).toBe(7);
  expect(nextSegment('ours', 1, [0, 1, 2], 'PARTIAL')).toBe(7);
});

/** Whether the first segment is forgotten, of which this part has just come and others have not. */
function forgetsFirst(build: string): boolean {
  const { FragmentTracker } = builds[build] as Parts;
  const fragment = { sn: 0, type: 'audio' };
  let forgotten = false;
  const tracker = {
    hls: {},
    fragments: { audio_0_0: { body: fragment, buffered: false, loaded: null } },
    removeFragment: () => {
      forgotten = true;
    },
  };
  FragmentTracker.prototype.detectEvictedFragments.call(tracker, 'audio', [], 'audio', fragment, { fragment });
  return forgotten;
}

it('remembers which parts of the first segment it has', () => {
  expect(forgetsFirst('ours')).toBe(false);
});

/** Whether sound that waited for the picture's clock is taken up before anything else can come. */
function takesUp(build: string): boolean {
  const { AudioStreamController } = builds[build] as Parts;
  let taken = false;
  const controller = {
    state: 'WAITING_INIT_PTS',
    waitingData: { frag: { cc: 1 } },
    hls: { hasEnoughToStart: true },
    log: () => undefined,
    tick: () => {
      taken = true;
    },
  };
  const found = { frag: { cc: 1 }, id: 'main', initPTS: 0, timescale: 1, trackId: 1, timestampOffsets: [] };
  AudioStreamController.prototype.onInitPtsFound.call(controller, 'hlsInitPtsFound', found);
  return taken;
}

it('takes up at once what waited for the clock of the picture', () => {
  expect(takesUp('ours')).toBe(true);
});

it('is needed as long as hls.js does not do so by itself', () => {
  expect(nextSegment('theirs', EARLY, [])).toBe(7);
  expect(nextSegment('theirs', EARLY, [3, 4, 5])).toBe(7);
  expect(forgetsFirst('theirs')).toBe(true);
  expect(takesUp('theirs')).toBe(false);
});
