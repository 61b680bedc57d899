import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import type { ClassHourFigures, HoursByGroup } from '#contract/class-hours.ts';
import type { RetentionPeriods } from '#contract/retention.ts';

const flag = z.enum(['0', '1', 'true', 'false', '']).transform((value) => value === '1' || value === 'true');
/** Addresses that this machine alone reaches. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/;
const port = z.coerce.number().int().min(0).max(65_535);

/** `32,48,24,72`. */
const hoursByGroup = z
  .string()
  .regex(/^\d{1,4}(,\d{1,4}){3}$/, 'four numbers of class hours with commas between')
  .transform((text): HoursByGroup => {
    const [managers = 0, managersInSectors = 0, workers = 0, workersInSectors = 0] = text.split(',').map(Number);
    return { managers, managersInSectors, workers, workersInSectors };
  });

const Environment = z.object({
  PORT: port.default(8080),
  HOST: z.string().default('0.0.0.0'),
  /** What people type; decides the cookies' Secure flag and which Origin is ours behind a proxy. */
  PUBLIC_URL: z.url().optional(),
  ANKE_DATA: z.string().default('./data'),
  DATABASE_URL: z.string().optional(),
  /** Workers hear each other over its stream; without it over PostgreSQL. */
  REDIS_URL: z.url({ protocol: /^rediss?$/ }).optional(),
  WORKERS: z.coerce.number().int().min(1).max(64).optional(),
  RTMP_PORT: port.default(1935),
  /** Without it the media process takes no RTMPS. */
  RTMPS_PORT: port.optional(),
  /** UDP. Without it the media process takes no SRT. */
  SRT_PORT: port.optional(),
  /** Address of the media process; the supervisor fills it in for the workers. */
  MEDIA_URL: z.url().optional(),
  /** Devices in the room from which a class is delivered to a crowd, unless the officer chose. */
  CROWD_FROM: z.coerce.number().int().min(1).default(1_000),
  /** Entry requests that one worker has under way at most; who comes beyond them stands in line. */
  ENTRY_LIMIT: z.coerce.number().int().min(1).default(300),
  /** Where Prometheus asks for `/metrics`; without it nothing listens. */
  METRICS_PORT: port.optional(),
  METRICS_HOST: z.string().default('127.0.0.1'),
  FFMPEG_PATH: z.string().optional(),
  /** A prepared video may be this large, GB of 2^30 bytes. */
  VIDEO_LIMIT_GB: z.coerce.number().positive().max(1_000).default(4),
  /** Minutes of one class hour (学时). */
  CLASS_HOUR_MINUTES: z.coerce.number().int().min(1).max(240).default(45),
  /** Class hours due in the year of initial training, and in every other: managers, those in the five sectors, workers, those there. */
  CLASS_HOURS_INITIAL: hoursByGroup.default({ managers: 32, managersInSectors: 48, workers: 24, workersInSectors: 72 }),
  CLASS_HOURS_YEARLY: hoursByGroup.default({ managers: 12, managersInSectors: 16, workers: 0, workersInSectors: 20 }),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  /** Recordings are deleted so many days after their class; without it never. */
  KEEP_RECORDINGS_DAYS: z.coerce.number().int().min(1).max(36_500).optional(),
  /** Network logs are kept so many days; the law asks for 184 at least. */
  KEEP_NETWORK_LOGS_DAYS: z.coerce.number().int().min(184).max(36_500).default(184),
  /** Training records are kept so many years after their class; the law asks for 3 at least, for special operations 6. */
  KEEP_RECORDS_YEARS: z.coerce.number().int().min(3).max(100).default(3),
  KEEP_SPECIAL_RECORDS_YEARS: z.coerce.number().int().min(6).max(100).default(6),
  /** `true`, a hop count, or addresses, as Express's "trust proxy". */
  TRUST_PROXY: z.string().optional(),
  /** Offers the demo accounts on the login page. Set by `npm run demo` alone. */
  ANKE_DEMO: flag.default(false),
  /** Which of the workers this process is, and the number by which it is told from one whose place it takes; the supervisor sets them. */
  WORKER_INDEX: z.coerce.number().int().min(0).default(0),
  WORKER_NUMBER: z.coerce.number().int().min(0).default(0),
});

export interface Config {
  port: number;
  host: string;
  publicUrl: string | undefined;
  /** Absolute. */
  dataDir: string;
  /** Undefined: the supervisor starts the embedded server and passes its address on. */
  databaseUrl: string | undefined;
  redisUrl: string | undefined;
  workers: number;
  rtmpPort: number;
  rtmpsPort: number | undefined;
  srtPort: number | undefined;
  mediaUrl: string | undefined;
  /** Devices. */
  crowdFrom: number;
  entryLimit: number;
  metrics: MetricsAddress | null;
  ffmpegPath: string | undefined;
  videoLimitBytes: number;
  keepRecordingsDays: number | undefined;
  retention: RetentionPeriods;
  classHours: ClassHourFigures;
  logLevel: string;
  trustProxy: string | number | boolean;
  secureCookies: boolean;
  demo: boolean;
  /** Of as many as there are to be; the first does what a host does once. */
  workerIndex: number;
  /** No other process that is there has it: of a worker that leaves and the one that takes its place both have the same index. */
  workerNumber: number;
}

/** Where `/metrics` is served. */
export interface MetricsAddress {
  host: string;
  port: number;
  /** Other machines reach it: then the token in `secrets/metrics` is asked for. */
  guarded: boolean;
}

/**
 * Reads and checks the environment.
 * @throws Error naming every wrong variable, in one message.
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): Config {
  // An empty variable (`PORT= npm start`, a blank line in .env) means "not set".
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = Environment.safeParse(present);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`wrong environment: ${wrong.join('; ')}`);
  }
  const e = parsed.data;
  return {
    port: e.PORT,
    host: e.HOST,
    publicUrl: e.PUBLIC_URL?.replace(/\/$/, ''),
    dataDir: path.resolve(e.ANKE_DATA),
    databaseUrl: e.DATABASE_URL,
    redisUrl: e.REDIS_URL,
    workers: e.WORKERS ?? Math.min(os.availableParallelism(), 4),
    rtmpPort: e.RTMP_PORT,
    rtmpsPort: e.RTMPS_PORT,
    srtPort: e.SRT_PORT,
    mediaUrl: e.MEDIA_URL,
    crowdFrom: e.CROWD_FROM,
    entryLimit: e.ENTRY_LIMIT,
    metrics:
      e.METRICS_PORT === undefined
        ? null
        : { host: e.METRICS_HOST, port: e.METRICS_PORT, guarded: !LOOPBACK.test(e.METRICS_HOST) },
    ffmpegPath: e.FFMPEG_PATH,
    videoLimitBytes: Math.round(e.VIDEO_LIMIT_GB * 1024 ** 3),
    keepRecordingsDays: e.KEEP_RECORDINGS_DAYS,
    retention: {
      networkLogsDays: e.KEEP_NETWORK_LOGS_DAYS,
      recordsYears: e.KEEP_RECORDS_YEARS,
      specialRecordsYears: e.KEEP_SPECIAL_RECORDS_YEARS,
    },
    classHours: { minutes: e.CLASS_HOUR_MINUTES, initial: e.CLASS_HOURS_INITIAL, yearly: e.CLASS_HOURS_YEARLY },
    logLevel: e.LOG_LEVEL,
    trustProxy: trustProxy(e.TRUST_PROXY),
    secureCookies: e.PUBLIC_URL?.startsWith('https:') ?? false,
    demo: e.ANKE_DEMO,
    workerIndex: e.WORKER_INDEX,
    workerNumber: e.WORKER_NUMBER,
  };
}

/** Takes the variables of a `.env` in the working directory; those already set win. For entry points. */
export function loadEnvFile(): void {
  if (fs.existsSync('.env')) process.loadEnvFile('.env');
}

/** Our own environment with `changes`, for a child process that reads its configuration from there. */
export function childEnvironment(changes: Record<string, string>): NodeJS.ProcessEnv {
  return { ...process.env, ...changes };
}

function trustProxy(value: string | undefined): string | number | boolean {
  if (value === undefined || value === 'false') return false;
  if (value === 'true') return true;
  return /^\d+$/.test(value) ? Number(value) : value;
}

/** Every secret of an installation; each is a file of its own in `<data>/secrets`, mode 0600. */
const SECRET_NAMES = [
  'access',
  'refresh',
  'ticket',
  'playback',
  'hooks',
  'phone-hash',
  'phone-cipher',
  'stream-key',
  'database',
  'metrics',
] as const;
export type SecretName = (typeof SECRET_NAMES)[number];
export type Secrets = Record<SecretName, string>;

/** Reads the secrets of the data folder, making those that are missing (64 hex digits, 256 bits). */
export function loadSecrets(dataDir: string): Secrets {
  const folder = path.join(dataDir, 'secrets');
  // Made first: a recursive mkdir would close the data folder as well, and PostgreSQL's own account must pass through it.
  fs.mkdirSync(dataDir, { recursive: true });
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  return Object.fromEntries(SECRET_NAMES.map((name) => [name, readOrMake(path.join(folder, name))])) as Secrets;
}

/** Puts another text in a secret's place, whole or not at all. */
export function replaceSecret(dataDir: string, name: SecretName, text: string): void {
  const file = path.join(dataDir, 'secrets', name);
  const draft = `${file}.${process.pid}`;
  const { uid, gid } = fs.statSync(file);
  fs.writeFileSync(draft, text, { mode: 0o600, flush: true });
  fs.chownSync(draft, uid, gid);
  fs.renameSync(draft, file);
}

function readOrMake(file: string): string {
  if (!fs.existsSync(file)) {
    // Written aside and linked into place: of several processes that start at once exactly one makes the secret,
    // and none reads it half written.
    const draft = `${file}.${process.pid}`;
    fs.writeFileSync(draft, randomBytes(32).toString('hex'), { mode: 0o600 });
    try {
      fs.linkSync(draft, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      fs.rmSync(draft);
    }
  }
  return fs.readFileSync(file, 'utf8').trim();
}
