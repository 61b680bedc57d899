import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { RUNGS, type Rung } from './ladder.ts';
import { type MetricsAddress, metricsAddress } from './metrics/listener.ts';
import type { Secure } from './rtmp/server.ts';

const port = z.coerce.number().int().min(0).max(65_535);

const Environment = z.object({
  MEDIA_PORT: port.default(0),
  MEDIA_HOST: z.string().default('127.0.0.1'),
  RTMP_PORT: port.default(1935),
  RTMP_HOST: z.string().default('0.0.0.0'),
  /** For RTMPS, with the files that it needs. */
  RTMPS_PORT: port.optional(),
  RTMPS_CERT: z.string().optional(),
  RTMPS_KEY: z.string().optional(),
  /** UDP, for SRT. */
  SRT_PORT: port.optional(),
  /** Where hooks go. */
  APP_URL: z.url(),
  ANKE_DATA: z.string().default('./data'),
  FFMPEG_PATH: z.string().optional(),
  /** Names of the rungs to make, as 720p,480p,360p. */
  LADDER: z
    .string()
    .default(RUNGS.map(({ name }) => name).join(','))
    .transform((text) => text.split(',').map((name) => name.trim()))
    .refine((names) => names.length > 0 && names.every((name) => RUNGS.some((rung) => rung.name === name)), {
      error: `names of ${RUNGS.map(({ name }) => name).join(', ')}, with commas between`,
    })
    .transform((names) => RUNGS.filter(({ name }) => names.includes(name))),
  /** Whether a publisher's picture goes to viewers as it is where it can. */
  COPY_TOP_RUNG: z.enum(['on', 'off']).default('off'),
  /** How long a class that waits for its publisher shows the slate. */
  SLATE_SECONDS: z.coerce.number().int().min(0).max(3_600).default(60),
  /** Mbit/s; near it new viewers are offered less. */
  MAX_EGRESS: z.coerce.number().positive().optional(),
  /** For Prometheus; without it nothing listens. */
  MEDIA_METRICS_PORT: port.optional(),
  METRICS_HOST: z.string().default('127.0.0.1'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

export interface MediaConfig {
  port: number;
  host: string;
  rtmpPort: number;
  rtmpHost: string;
  /** Null without RTMPS. */
  rtmps: Secure | null;
  /** UDP, on the same addresses as RTMP; null without SRT. */
  srtPort: number | null;
  appUrl: string;
  /** Absolute. */
  dataDir: string;
  ffmpegPath: string | undefined;
  /** From the top down, at least one. */
  ladder: Rung[];
  /** Whether a publisher's own picture is the top rung where it can be. */
  copies: boolean;
  slateSeconds: number;
  /** Mbit/s; null for no cap. */
  maxEgress: number | null;
  metrics: MetricsAddress | null;
  logLevel: string;
}

/** Reads and checks the environment. @throws Error naming every wrong variable. */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): MediaConfig {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = Environment.safeParse(present);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`wrong environment: ${wrong.join('; ')}`);
  }
  const e = parsed.data;
  return {
    port: e.MEDIA_PORT,
    host: e.MEDIA_HOST,
    rtmpPort: e.RTMP_PORT,
    rtmpHost: e.RTMP_HOST,
    rtmps: rtmpsOf(e),
    srtPort: e.SRT_PORT ?? null,
    appUrl: e.APP_URL,
    dataDir: path.resolve(e.ANKE_DATA),
    ffmpegPath: e.FFMPEG_PATH,
    ladder: e.LADDER,
    copies: e.COPY_TOP_RUNG === 'on',
    slateSeconds: e.SLATE_SECONDS,
    maxEgress: e.MAX_EGRESS ?? null,
    metrics: metricsAddress(e.MEDIA_METRICS_PORT, e.METRICS_HOST, path.resolve(e.ANKE_DATA)),
    logLevel: e.LOG_LEVEL,
  };
}

/** @throws Error that says which variable is missing */
function rtmpsOf({ RTMPS_PORT: port, RTMPS_CERT, RTMPS_KEY }: z.infer<typeof Environment>): Secure | null {
  if (port === undefined) return null;
  if (!RTMPS_CERT || !RTMPS_KEY) throw new Error('RTMPS_PORT needs RTMPS_CERT and RTMPS_KEY: files in PEM');
  return { port, certificate: path.resolve(RTMPS_CERT), key: path.resolve(RTMPS_KEY) };
}

export interface MediaSecrets {
  /** Signs hooks and controls. */
  hooks: string;
  /** Signs playback tokens. */
  playback: string;
}

/** Reads what the app's first start has made. @throws Error that names the file which is not there */
export function loadSecrets(dataDir: string): MediaSecrets {
  const read = (name: string) => {
    const file = path.join(dataDir, 'secrets', name);
    if (!fs.existsSync(file)) throw new Error(`${file} is missing: copy the secrets folder of the app's data here`);
    return fs.readFileSync(file, 'utf8').trim();
  };
  return { hooks: read('hooks'), playback: read('playback') };
}
