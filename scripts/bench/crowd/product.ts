import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { io, type Socket } from 'socket.io-client';
import { creditCheckSymbol } from '#contract/codes.ts';
import { freePort } from '#server/supervisor/ports.ts';
import { changeState, done, type ScheduledClass, scheduleClass } from '#tests/support/class.ts';
import type { HttpClient } from '#tests/support/http-client.ts';
import { temporaryFolder } from '#tests/support/temporary-folder.ts';
import { childrenOf, startWhole, type WholeRun } from '#tests/support/whole-run.ts';
import { type OwnRedis, startRedis } from '../../outside/redis.ts';
import { until } from '../../outside/until.ts';
import { buildPages } from '../../pages.ts';
import { ADDRESSES, addressFor } from '../generator.ts';
import type { Planned } from './messages.ts';
import { killFirst, type Stage } from './stage.ts';

/** People of one enterprise. */
const UNIT_PEOPLE = 20;
/** One of so many types a wrong code first. */
const MISTYPES = 50;
const QUESTION_SECONDS = 30;
const AT_ONCE = 8;
/** An access token lasts ten minutes, a morning of 40,000 longer. */
const RENEW_MS = 2 * 60_000;

/** What can be done to it; it comes back by itself. What dies does so by SIGKILL, Redis without anything that it knew; what hangs is stopped for five seconds. */
export type Harm =
  | `${'worker' | 'database' | 'media' | 'Redis'} killed`
  | `${'worker' | 'database' | 'Redis'} hung`
  | 'workers renewed';

const HANG_MS = 5_000;
const RENEWED_WITHIN_MS = 180_000;

export interface Product extends Stage {
  sessionId: string;
  people: Planned[];
  databaseUrl(): Promise<string>;
  /** Resolves when what was harmed is there again. */
  harm(harm: Harm): Promise<void>;
  /** Opens another question, after the one before was closed; resolves to its id. */
  nextQuestion(): Promise<string>;
  startClass(): Promise<number>;
  /** The room's snapshot as JSON, as it is broadcast. */
  room(): Promise<object>;
  /** Questions to the instructor that the officer's console was shown. */
  consoleHeard(): number;
  /** Rows of the attendance list as CSV, and how long it took, ms. */
  exportList(): Promise<{ rows: number; ms: number }>;
  /** Warnings and errors of its log, with how often each was there. */
  complaints(): Record<string, number>;
  lastWords(): string;
  remove(): Promise<void>;
}

/** The product on a fresh data folder, with a class and enterprises that have codes and nobody on their rosters. */
export async function startProduct(viewers: number, workers: number, bus: 'postgres' | 'redis' = 'postgres') {
  const redis = bus === 'redis' ? await startRedis() : null;
  try {
    return await startWith(viewers, workers, redis);
  } catch (error) {
    await redis?.stop();
    throw error;
  }
}

async function startWith(viewers: number, workers: number, redis: OwnRedis | null): Promise<Product> {
  await buildPages();
  const dataDir = await temporaryFolder('anke-crowd-');
  const metricsPort = await freePort('127.0.0.1');
  const env = {
    WORKERS: String(workers),
    METRICS_PORT: String(metricsPort),
    ...(redis && { REDIS_URL: redis.url }),
  };
  const run = await startWhole(dataDir, { env });
  const { postgres } = await run.pids();
  const parent = run.child.pid ?? 0;
  const held = await scheduleClass(run.url, await run.setupCode(), {
    enterprises: 1,
    peopleEach: 0,
    attendanceSeconds: 60,
  });
  const people = await plan(held.bureau, viewers);
  const console = await openConsole(held);
  const params = { sessionId: held.sessionId };
  const workerPids = () => childrenOf(parent, 'server/main.js');
  let open = '';
  const openQuestion = async () => {
    const at = Date.now();
    const body = { questionId: held.questionId, seconds: QUESTION_SECONDS };
    open = done('question', await held.bureau.call('POST /sessions/:sessionId/live-questions', { params, body })).id;
    return at;
  };
  return {
    url: run.url,
    sessionId: held.sessionId,
    people,
    databaseUrl: async () => (await run.pids()).databaseUrl,
    harm: (harm) => harmAndWait(run, redis, workerPids, harm),
    async nextQuestion() {
      if (open !== '') {
        const closed = await held.bureau.call('POST /live-questions/:liveQuestionId/close', {
          params: { liveQuestionId: open },
        });
        // Its time may have been over.
        if (closed.status !== 409) done('closing the question', closed);
      }
      await openQuestion();
      return open;
    },
    pids: {
      workers: workerPids,
      parent: () => [parent],
      database: () => [postgres, ...childrenOf(postgres, 'postgres')],
    },
    async startClass() {
      await changeState(held, 'live');
      const session = done('session', await held.bureau.call('GET /sessions/:sessionId', { params }));
      return Date.parse(session.startedAt ?? '');
    },
    async room() {
      return done('room', await held.bureau.call('GET /sessions/:sessionId/room', { params }));
    },
    openQuestion,
    async openPresence() {
      return done('presence check', await held.bureau.call('POST /sessions/:sessionId/presence-checks', { params }))
        .spreadMs;
    },
    async closeQuestion() {
      const closed = await held.bureau.call('POST /live-questions/:liveQuestionId/close', {
        params: { liveQuestionId: open },
      });
      done('closing the question', closed);
    },
    endClass: () => changeState(held, 'ended'),
    eventLoopDelayMs: () => eventLoopDelayMs(metricsPort),
    memoryKB: () => memoryKB(metricsPort),
    killWorker: () => killFirst(workerPids()),
    consoleHeard: () => console.heard(),
    async exportList() {
      const from = performance.now();
      const query = { format: 'csv' as const };
      const file = await held.bureau.call('GET /sessions/:sessionId/export/attendance', { params, query });
      const rows = done('export', file).toString().trim().split('\n').length;
      return { rows, ms: performance.now() - from };
    },
    complaints: () => complaintsOf(run.output()),
    lastWords: () => run.output().slice(-4_000),
    async remove() {
      console.close();
      await run.stop();
      await redis?.stop();
      await rm(dataDir, { recursive: true });
    },
  };
}

async function eventLoopDelayMs(metricsPort: number): Promise<number> {
  const ofWorkers = await metricOfWorkers(metricsPort, 'nodejs_eventloop_lag_p99_seconds');
  return Math.round(Math.max(0, ...ofWorkers) * 1_000);
}

async function memoryKB(metricsPort: number): Promise<Record<string, number>> {
  const parts: Record<string, number> = {};
  for (const part of ['heap_size_total', 'heap_size_used', 'external_memory']) {
    const bytes = await metricOfWorkers(metricsPort, `nodejs_${part}_bytes`);
    parts[part] = bytes.reduce((sum, each) => sum + each, 0) / 1_024;
  }
  return parts;
}

/** One value a worker. */
async function metricOfWorkers(metricsPort: number, name: string): Promise<number[]> {
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  const lines = text.matchAll(new RegExp(`^${name}\\{.*process="worker-\\d+".*\\} (\\S+)$`, 'gm'));
  return [...lines].map(([, value]) => Number(value));
}

async function harmAndWait(
  run: WholeRun,
  redis: OwnRedis | null,
  workerPids: () => number[],
  harm: Harm,
): Promise<void> {
  const pids = await run.pids();
  switch (harm) {
    case 'worker killed':
    case 'database killed':
    case 'media killed':
      return killAndWait(run, harm.split(' ')[0] as 'worker' | 'database' | 'media');
    case 'worker hung':
      return hang(pids.workers.slice(0, 1));
    case 'database hung':
      return hang([pids.postgres, ...childrenOf(pids.postgres, 'postgres')]);
    case 'workers renewed': {
      run.child.kill('SIGUSR2');
      const areRenewed = () => {
        const now = workerPids();
        return now.length === pids.workers.length && !now.some((pid) => pids.workers.includes(pid));
      };
      return until('every worker is another and the old ones are gone', areRenewed, undefined, RENEWED_WITHIN_MS);
    }
    case 'Redis killed':
      await redis?.kill();
      await redis?.start();
      return;
    case 'Redis hung':
      redis?.pause();
      await delay(HANG_MS);
      redis?.goOn();
  }
}

async function killAndWait(run: WholeRun, victim: 'worker' | 'database' | 'media'): Promise<void> {
  const pidsOf = async () => {
    const { workers, postgres, media } = await run.pids();
    if (victim === 'worker') return workers;
    return [victim === 'database' ? postgres : media].filter(Boolean);
  };
  const before = await pidsOf();
  const [pid = 0] = before;
  killFirst(before);
  const isBack = async () => {
    const now = await pidsOf();
    return now.length === before.length && !now.includes(pid);
  };
  await until(`another ${victim} is there`, isBack);
}

async function hang(pids: number[]): Promise<void> {
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  await delay(HANG_MS);
  for (const pid of pids) process.kill(pid, 'SIGCONT');
}

function complaintsOf(log: string): Record<string, number> {
  const complaints: Record<string, number> = {};
  for (const line of log.split('\n')) {
    if (!/^\{"level":[456]0/.test(line)) continue;
    const { msg, err } = JSON.parse(line) as { msg: string; err?: { message: string } };
    const what = err ? `${msg}: ${err.message.trim().split('\n').at(-1)}` : msg;
    complaints[what] = (complaints[what] ?? 0) + 1;
  }
  return complaints;
}

/** Enterprises for so many people, and who will come; the first 500 from one address. */
async function plan(bureau: HttpClient, viewers: number): Promise<Planned[]> {
  const areas = done('areas', await bureau.call('GET /areas'));
  const areaId = areas[0]?.id ?? '';
  const codes: string[] = [];
  const units = Math.ceil(viewers / UNIT_PEOPLE);
  for (let from = 0; from < units; from += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, units - from) }, (_, k) => from + k);
    const made = some.map(async (n) => {
      const body = {
        kind: 'enterprise' as const,
        name: `临江第${n + 2}精密制造有限公司`,
        creditCode: creditCode(n),
        areaId,
        industry: 'machinery' as const,
      };
      return done('unit', await bureau.call('POST /units', { body })).joinCode;
    });
    codes.push(...(await Promise.all(made)));
  }
  return Array.from({ length: viewers }, (_, n) => ({
    n,
    joinCode: codes[n % units] ?? '',
    name: `学员${n}`,
    phone: `13${String(100_000_000 + n)}`,
    from: n < 500 ? addressFor(0) : addressFor(1 + (n % (ADDRESSES - 1))),
    mistypes: n % MISTYPES === MISTYPES - 1,
  }));
}

/** The officer's live desk, which is told of each question at once, and renews the officer's login as the console does. */
async function openConsole({ bureau, sessionId }: ScheduledClass) {
  let heard = 0;
  // More often than needed: the database may be away.
  const renewing = setInterval(() => {
    void bureau.call('POST /login/refresh').catch(() => undefined);
  }, RENEW_MS);
  const socket: Socket = io(bureau.url, {
    forceNew: true,
    transports: ['websocket'],
    extraHeaders: { cookie: bureau.cookieHeader() },
  });
  socket.on('question:asked', () => {
    heard += 1;
  });
  const join = () => socket.timeout(10_000).emitWithAck('console:join', { sessionId });
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  await join();
  // It comes back when its worker is killed.
  socket.on('connect', () => void join().catch(() => undefined));
  socket.io.on('reconnect_attempt', () => {
    socket.io.opts.extraHeaders = { cookie: bureau.cookieHeader() };
  });
  const close = () => {
    clearInterval(renewing);
    socket.disconnect();
  };
  return { heard: () => heard, close };
}

/** A valid 统一社会信用代码 of an invented enterprise. */
function creditCode(n: number): string {
  const first17 = `91990100MB${String(n).padStart(5, '0')}00`;
  return first17 + creditCheckSymbol(first17);
}
