import type { NetworkFigures } from '#contract/network.ts';

/** What a check finds on a good line, with changes. */
export function networkFigures(changes: Partial<NetworkFigures> = {}): NetworkFigures {
  return {
    playsBy: 'media-source',
    line: '4g',
    clockOffsetMs: 300,
    api: { sent: 10, lost: 0, medianMs: 24, longestMs: 60, jitterMs: 8 },
    socket: { websocketMs: 80, pollingMs: null },
    media: { state: 'reached', status: 200, ms: 30, found: null },
    speed: { segments: 6, lost: 0, bytes: 2_400_000, kbps: 12_000, slowestKbps: 9_000 },
    needs: { soundKbps: 100, lowestKbps: 600, highestKbps: 2_000 },
    playing: null,
    ...changes,
  };
}
