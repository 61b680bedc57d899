import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MEDIA_STATES, NETWORK_VERDICTS, remarksOf, verdictOf } from '#contract/network-verdict.ts';
import { networkFigures } from '#tests/support/network-figures.ts';

const good = networkFigures();
const media = (state: (typeof MEDIA_STATES)[number]) => networkFigures({ media: { ...good.media, state } });
const speed = (kbps: number, slowestKbps = kbps) =>
  networkFigures({ speed: { segments: 6, lost: 0, bytes: 1_000_000, kbps, slowestKbps } });
const lost = (count: number) => networkFigures({ api: { ...good.api, lost: count } });

describe('the verdict', () => {
  it.each([
    ['good', good],
    ['good', speed(3_334)],
    ['fair', speed(3_300)],
    ['fair', speed(720)],
    ['sound-only', speed(719)],
    ['sound-only', speed(120)],
    ['too-slow', speed(119)],
    ['unstable', speed(5_000, 599)],
    ['unstable', lost(2)],
    ['good', lost(1)],
    ['offline', lost(10)],
    ['no-player', networkFigures({ playsBy: null })],
    ['altered', media('altered')],
    ['media-blocked', media('unreachable')],
    ['media-blocked', media('refused')],
    ['media-failing', media('failing')],
    ['connected', { ...media('nothing-on'), speed: null }],
    ['media-blocked', networkFigures({ speed: { segments: 0, lost: 3, bytes: 0, kbps: 0, slowestKbps: 0 } })],
    ['unstable', networkFigures({ speed: { segments: 3, lost: 1, bytes: 1e6, kbps: 9_000, slowestKbps: 8_000 } })],
  ] as const)('%s', (verdict, figures) => {
    expect(verdictOf(figures)).toBe(verdict);
  });

  it('goes by the class: one of a single low rung needs no more than that', () => {
    const needs = { soundKbps: null, lowestKbps: 400, highestKbps: 400 };
    expect(verdictOf({ ...speed(700), needs })).toBe('good');
    expect(verdictOf({ ...speed(500), needs })).toBe('fair');
    expect(verdictOf({ ...speed(500), needs: null })).toBe('sound-only');
  });

  it('says what is broken first on the way, whatever comes after it', () => {
    expect(verdictOf({ ...speed(1), api: { ...good.api, lost: 10 }, playsBy: null })).toBe('offline');
    expect(verdictOf({ ...media('unreachable'), playsBy: null })).toBe('no-player');
  });

  it('gets no better when the line gets worse', () => {
    const line = fc.record({
      kbps: fc.integer({ min: 0, max: 20_000 }),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      failed: fc.integer({ min: 0, max: 10 }),
    });
    const judged = ({ kbps, share, failed }: { kbps: number; share: number; failed: number }) =>
      NETWORK_VERDICTS.indexOf(
        verdictOf({ ...speed(kbps, Math.floor(kbps * share)), api: { ...good.api, lost: failed } }),
      );
    fc.assert(
      fc.property(line, fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 0, max: 10 }), (better, less, more) => {
        const worse = { ...better, kbps: Math.max(0, better.kbps - less), failed: Math.min(10, better.failed + more) };
        expect(judged(worse)).toBeGreaterThanOrEqual(judged(better));
      }),
    );
  });
});

describe('remarks', () => {
  it('name a clock that is off, what the office lets through, and stalls', () => {
    expect(remarksOf(good)).toEqual([]);
    expect(remarksOf(networkFigures({ clockOffsetMs: -90_000 }))).toEqual(['clock-off']);
    expect(remarksOf(networkFigures({ socket: { websocketMs: null, pollingMs: 200 } }))).toEqual(['polling-only']);
    expect(remarksOf(networkFigures({ socket: { websocketMs: null, pollingMs: null } }))).toEqual(['no-socket']);
    const playing = { stalls: 3, stalledMs: 9_000, lines: 360, latencyMs: 4_000, errors: [] };
    expect(remarksOf(networkFigures({ playing }))).toEqual(['stalled']);
  });

  it('do not blame the socket where nothing gets through', () => {
    expect(remarksOf({ ...lost(10), socket: { websocketMs: null, pollingMs: null } })).toEqual([]);
  });
});
