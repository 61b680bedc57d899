import { formatBytes } from '#client/format.ts';
import type { NetworkFigures } from '#contract/network.ts';
import { type NetworkRemark, type NetworkVerdict, remarksOf } from '#contract/network-verdict.ts';
import type { CheckText } from './text.ts';

export interface Row {
  label: string;
  value: string;
}

/** The figures behind a verdict, in words. */
export function rowsOf(figures: NetworkFigures, t: CheckText): Row[] {
  const { api, socket, media, speed, needs, playing, clockOffsetMs, line, playsBy } = figures;
  const ms = (value: number | null) => (value === null ? t('unknown') : `${value} ms`);
  const rate = (value: number | null) => (value === null ? t('unknown') : speedWords(value));
  const status = media.status === null || media.status === 200 ? null : t('status', { status: media.status });
  const unless = (row: Row, missing: boolean) => (missing ? [] : [row]);
  return [
    { label: t('playsBy'), value: t(playsBy ?? 'none') },
    ...unless({ label: t('line'), value: line ?? '' }, line === null),
    { label: t('clock'), value: clockOffsetMs === null ? t('unknown') : seconds(clockOffsetMs, t) },
    {
      label: t('roundTrips', { sent: api.sent }),
      value: some(
        api.medianMs !== null &&
          t('roundTripTimes', { median: ms(api.medianMs), longest: ms(api.longestMs), jitter: ms(api.jitterMs) }),
        (api.lost > 0 || api.medianMs === null) && t('lost', { lost: api.lost }),
      ),
    },
    { label: t('websocket'), value: socket.websocketMs === null ? t('unreachable') : ms(socket.websocketMs) },
    ...unless(
      { label: t('polling'), value: socket.pollingMs === null ? t('unreachable') : ms(socket.pollingMs) },
      socket.websocketMs !== null,
    ),
    {
      label: t('mediaState'),
      value: some(t(MEDIA_WORDS[media.state], { ms: ms(media.ms) }), status, media.found),
    },
    ...(speed
      ? [
          {
            label: t('speed'),
            value: some(
              speed.segments > 0 && t('downloadSpeed', { speed: rate(speed.kbps), slowest: rate(speed.slowestKbps) }),
              t('downloaded', { segments: speed.segments, size: formatBytes(speed.bytes) }),
              speed.lost > 0 && t('lost', { lost: speed.lost }),
            ),
          },
        ]
      : []),
    ...(needs
      ? [
          {
            label: t('needs'),
            value: t('needsWords', {
              sound: rate(needs.soundKbps),
              lowest: rate(needs.lowestKbps),
              highest: rate(needs.highestKbps),
            }),
          },
        ]
      : []),
    ...(playing
      ? [
          {
            label: t('picture'),
            value: t('pictureWords', {
              lines: playing.lines === null ? t('no') : `${playing.lines}p`,
              latency: playing.latencyMs === null ? t('unknown') : seconds(playing.latencyMs, t),
            }),
          },
          {
            label: t('stalls'),
            value: t('stallsWords', { stalls: playing.stalls, length: seconds(playing.stalledMs, t) }),
          },
          ...unless({ label: t('errors'), value: playing.errors.join('; ') }, playing.errors.length === 0),
        ]
      : []),
  ];
}

/** What is worth a word beside the verdict. */
export function remarkWords(figures: NetworkFigures, host: string, t: CheckText): string[] {
  const { stalls = 0, stalledMs = 0 } = figures.playing ?? {};
  const params = { host, stalls, length: seconds(stalledMs, t) };
  return remarksOf(figures).map((remark: NetworkRemark) => t(remark, params));
}

/** All of it as text, to be passed on. */
export function asText(
  {
    figures,
    verdict,
    host,
    number,
  }: { figures: NetworkFigures; verdict: NetworkVerdict; host: string; number: number | null },
  about: Row[],
  t: CheckText,
): string {
  return [
    t('title'),
    t(verdict),
    t(`${verdict}-advice`, { host }),
    ...remarkWords(figures, host, t),
    ...(number === null ? [] : [t('sent', { number })]),
    '',
    ...[...about, ...rowsOf(figures, t)].map(({ label, value }) => `${label}\t${value}`),
  ].join('\n');
}

/** `850 kbit/s`, `3.2 Mbit/s`. */
export function speedWords(kbps: number): string {
  return kbps < 1_000 ? `${kbps} kbit/s` : `${(kbps / 1_000).toFixed(1)} Mbit/s`;
}

const MEDIA_WORDS = {
  reached: 'media-reached',
  'nothing-on': 'media-nothing-on',
  unreachable: 'media-unreachable',
  refused: 'media-refused',
  failing: 'media-failing-state',
  altered: 'media-altered',
} as const;

function seconds(ms: number, t: CheckText): string {
  return t('seconds', { seconds: (ms / 1_000).toFixed(1) });
}

function some(...words: (string | false | null)[]): string {
  return words.filter(Boolean).join(' · ');
}
