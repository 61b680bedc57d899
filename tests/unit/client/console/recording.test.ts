import { beforeEach, expect, it, vi } from 'vitest';
import { playRecording } from '#client/console/live/recording.ts';
import { FakeHls } from '../../../support/fake-hls.ts';

vi.mock('hls.js', async (original) => {
  const { default: Real } = await original<typeof import('hls.js')>();
  const { FakeHls } = await import('../../../support/fake-hls.ts');
  FakeHls.Events = Real.Events;
  FakeHls.ErrorTypes = Real.ErrorTypes;
  return { default: FakeHls };
});

beforeEach(() => {
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

it('an interruption is said, and the recording goes on from where it was when it can', () => {
  const said: boolean[] = [];
  const recording = playRecording({} as HTMLVideoElement, '/dvr.m3u8', (trouble) => said.push(trouble));
  const hls = FakeHls.newest;
  const interrupted = () => hls.report('hlsError', { fatal: true, type: 'networkError' });

  interrupted();
  expect(said).toEqual([true]);
  vi.runAllTimers();
  expect(hls.asked).toEqual(['load /dvr.m3u8', 'load /dvr.m3u8']);

  hls.levels = [{}];
  interrupted();
  vi.runAllTimers();
  expect(hls.asked.at(-1)).toBe('start');
  hls.report('hlsFragBuffered');
  expect(said.at(-1)).toBe(false);

  interrupted();
  recording.destroy();
  expect(vi.getTimerCount()).toBe(0);
});
