import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import pg from 'pg';
import { changeState, done, type ScheduledClass, scheduleClass } from '#tests/support/class.ts';
import { HttpClient } from '#tests/support/http-client.ts';
import { temporaryFolder } from '#tests/support/temporary-folder.ts';
import { startWhole } from '#tests/support/whole-run.ts';
import { median, quantile } from '../outside/quantile.ts';
import { buildPages } from '../pages.ts';
import type { Measured } from './benchmark.ts';
import { makePastCourse } from './past-course.ts';

const PEOPLE = 40_000;
const UNIT_PEOPLE = 20;
const SCREENS = 2_000;
const SIGNED_IN_EACH = 12;
/** A screen's page asks so often, ms. */
const ASKS_EVERY_MS = 4_000;
const ASKING_MS = 24_000;
/** Who comes to the door, each with a phone of their own, and how many of them at the same moment. */
const AT_THE_DOOR = 1_000;
const TOGETHER = 100;
const LEDGER_READS = 5;
const TARGETS = { screenP99Ms: 500, doorSignsPerSecond: 50, ledgerPageMs: 1_000, ledgerCsvSeconds: 10 };

type Say = (step: string) => void;

/**
 * What shared screens, a door and the ledger of class hours take in a large district: 2,000 screens in a class of 40,000 devices that all ask for
 * their next code, a thousand people who scan and sign at one door, the ledger of 40,000 people over six sessions. The generator runs on the
 * same machine.
 */
export async function places(say: Say): Promise<Measured> {
  await buildPages();
  const dataDir = await temporaryFolder('anke-places-');
  const run = await startWhole(dataDir);
  const { databaseUrl, workers } = await run.pids();
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    const held = await scheduleClass(run.url, await run.setupCode(), {
      ...{ enterprises: 1, peopleEach: 2, attendanceSeconds: 60 },
    });
    say(`making ${PEOPLE} people and six sessions`);
    const { courseId } = await makePastCourse(client, {
      ...{ people: PEOPLE, unitPeople: UNIT_PEOPLE, sessions: 6, plannedMinutes: 60, attendanceSeconds: 60 },
      ...{ completePercent: 80, phoneOf: held.people[0]?.id ?? '' },
    });
    await client.query(
      `update course set statutory = true, statutory_basis = '依据', statutory_approver = '局长' where id = $1`,
      [courseId],
    );
    const ledger = await ledgerOf(held.bureau, say);
    const door = await doorOf(run.url, client, held, say);
    const screens = await screensOf(run.url, client, held, workers, say);
    const figures = { ...ledger, ...door, ...screens };
    return { rows: { places: figures, 'held to': TARGETS }, figures: { ...figures, target: TARGETS } };
  } finally {
    await client.end();
    await run.stop();
    rmSync(dataDir, { recursive: true });
  }
}

async function ledgerOf(bureau: HttpClient, say: Say) {
  const year = new Date().getFullYear();
  const timed = async (work: () => Promise<unknown>) => {
    const from = performance.now();
    await work();
    return Math.round(performance.now() - from);
  };
  const pages: number[] = [];
  const overviews: number[] = [];
  for (let n = 0; n < LEDGER_READS; n += 1) {
    const query = { year, page: 1 + n * 100, pageSize: 20 };
    pages.push(await timed(async () => done('people', await bureau.call('GET /hours/people', { query }))));
    overviews.push(await timed(async () => done('ledger', await bureau.call('GET /hours', { query: { year } }))));
  }
  const file = async (format: 'csv' | 'xlsx') =>
    timed(async () => {
      const reply = await bureau.fetch(`/api/v1/hours/export?year=${year}&format=${format}`);
      if (!reply.ok) throw new Error(`the ledger as ${format}: ${reply.status}`);
      await reply.arrayBuffer();
    });
  const csv = await file('csv');
  const xlsx = await file('xlsx');
  const figures = {
    ledgerPageMs: median(pages),
    ledgerOverviewMs: median(overviews),
    ledgerCsvSeconds: csv / 1_000,
    ledgerXlsxSeconds: xlsx / 1_000,
  };
  say(JSON.stringify(figures));
  return figures;
}

/** People who scan the code at a door and sign, each with a phone of their own. */
async function doorOf(url: string, client: pg.Client, { bureau, courseId }: ScheduledClass, say: Say) {
  const sessionId = randomUUID();
  await client.query(
    `insert into session (id, course_id, number, topic, mode, venue, starts_at, planned_minutes, state, stream_key_hash,
       stream_key_cipher, updated_at)
     values ($1, $2, 2, '线下专题', 'offline', '报告厅', now() + interval '1 hour', 60, 'scheduled', $3, '', now())`,
    [sessionId, courseId, randomBytes(32)],
  );
  done(
    'venue',
    await bureau.call('PUT /sessions/:sessionId/venue', { params: { sessionId }, body: { capacity: AT_THE_DOOR } }),
  );
  const { rows: people } = await client.query<{ id: string }>(
    `with chosen as (select id, unit_id, row_number() over (order by id) as seat from person order by id limit $2)
     insert into enrolment (session_id, unit_id, person_id, seat, enrolled_at)
     select $1, unit_id, id, seat, now() from chosen returning person_id as id`,
    [sessionId, AT_THE_DOOR],
  );
  const agent = new http.Agent({ keepAlive: true, maxSockets: TOGETHER });
  const { rows: named } = await client.query<{ id: string; q: string }>(
    'select person.id, name as q from person join enrolment on person_id = person.id where session_id = $1',
    [sessionId],
  );
  const names = new Map(named.map((row) => [row.id, row]));
  const code = codeOf(bureau, sessionId);
  const waits: number[] = [];
  const waiting = people.map(({ id }) => id);
  const from = performance.now();
  await Promise.all(
    Array.from({ length: TOGETHER }, async () => {
      for (let personId = waiting.pop(); personId !== undefined; personId = waiting.pop()) {
        const shown = await code();
        const began = performance.now();
        const { ticket } = await asked<{ ticket: string }>(url, agent, '/door/scans', { body: shown });
        const { q = '' } = names.get(personId) ?? {};
        await asked(url, agent, '/door/people', { body: { ticket, q } });
        const body = { ticket, personId, deviceId: randomUUID(), sign: 'in' };
        await asked(url, agent, '/door/signs', { body });
        waits.push(performance.now() - began);
      }
    }),
  );
  const seconds = (performance.now() - from) / 1_000;
  agent.destroy();
  const { rows } = await client.query<{ entries: number; links: number }>(
    `select count(*)::int as entries, count(distinct batch)::int as links from attendance_entry where session_id = $1`,
    [sessionId],
  );
  const figures = {
    doorSignsPerSecond: Math.round(AT_THE_DOOR / seconds),
    doorP50Ms: Math.round(median(waits)),
    doorP99Ms: Math.round(quantile(waits, 0.99)),
    doorEntries: rows[0]?.entries ?? 0,
    doorLinks: rows[0]?.links ?? 0,
  };
  say(JSON.stringify(figures));
  return figures;
}

/** What the page at the door shows, asked for as often as it does. */
function codeOf(bureau: HttpClient, sessionId: string): () => Promise<{ door: string; code: string }> {
  let askedAt = Number.NEGATIVE_INFINITY;
  let shown: Promise<{ door: string; code: string }>;
  return () => {
    if (performance.now() - askedAt > ASKS_EVERY_MS) {
      askedAt = performance.now();
      shown = bureau.call('GET /sessions/:sessionId/door', { params: { sessionId } }).then((reply) => {
        const { doorCode, code } = done('door', reply);
        return { door: doorCode, code: code.path.split('/').at(-1) ?? '' };
      });
    }
    return shown;
  };
}

/** Every screen of a live class asks for its next code, as its page does. */
async function screensOf(url: string, client: pg.Client, held: ScheduledClass, workers: number[], say: Say) {
  const { sessionId } = held;
  await changeState(held, 'live');
  const unitId = held.people[0]?.unitId ?? '';
  const [login, password] = ['unit-of-screens', 'anke-places-2026'];
  const grants = [{ role: 'enterprise' as const, areaId: null, industry: null, unitId }];
  done(
    'account',
    await held.bureau.call('POST /accounts', { body: { name: login, displayName: '会议室', password, grants } }),
  );
  const convenor = new HttpClient(url);
  done('login', await convenor.call('POST /login', { body: { login, password } }));
  await client.query(
    `insert into connection (id, session_id, person_id, device_id, opened_at, last_beat_at)
     select gen_random_uuid(), $1, id, gen_random_uuid(), now(), now() from person`,
    [sessionId],
  );
  // One unit's, so that one account reads all of them.
  const { rows: screens } = await client.query<{ id: string }>(
    `insert into screen (id, session_id, unit_id, short_code, secret, opened_at)
     select gen_random_uuid(), $1, $3, upper(left(md5(n::text), 8)), sha256(n::text::bytea), now()
     from generate_series(1, $2::int) n returning id`,
    [sessionId, SCREENS, unitId],
  );
  await client.query(
    `insert into connection (id, session_id, person_id, device_id, kind, opened_at, last_beat_at)
     select gen_random_uuid(), $1, id, gen_random_uuid(), 'screen', now(), now() from screen where session_id = $1`,
    [sessionId],
  );
  await client.query(
    `insert into screen_sign_in (id, screen_id, person_id, signed_in_at, way, device_id)
     select gen_random_uuid(), s.id, p.id, now(), 'code', gen_random_uuid()
     from (select id, row_number() over () - 1 as n from screen where session_id = $1) s
       join (select id, (row_number() over () - 1) / $2::int as n from person) p on p.n = s.n`,
    [sessionId, SIGNED_IN_EACH],
  );
  await client.query('vacuum analyze');
  const cookie = convenor.cookieHeader('/api/v1/screens');
  const agent = new http.Agent({ keepAlive: true, maxSockets: 256 });
  const waits: number[] = [];
  const before = cpuSeconds(workers);
  const from = performance.now();
  const asking: Promise<void>[] = [];
  const total = Math.round((SCREENS * ASKING_MS) / ASKS_EVERY_MS);
  for (let n = 0; n < total; n += 1) {
    const due = from + (n * ASKS_EVERY_MS) / SCREENS;
    const ahead = due - performance.now();
    if (ahead > 1) await new Promise((resolve) => setTimeout(resolve, ahead));
    const path = `/screens/${screens[n % SCREENS]?.id ?? ''}`;
    asking.push(
      asked(url, agent, path, { cookie }).then(() => {
        waits.push(performance.now() - due);
      }),
    );
  }
  await Promise.all(asking);
  const seconds = (performance.now() - from) / 1_000;
  agent.destroy();
  const figures = {
    screensAskedPerSecond: Math.round(total / seconds),
    screenP50Ms: Math.round(median(waits)),
    screenP99Ms: Math.round(quantile(waits, 0.99)),
    screenCpuMs: Math.round(((cpuSeconds(workers) - before) / total) * 100_000) / 100,
  };
  say(JSON.stringify(figures));
  return figures;
}

/** One request as a page makes it; `body`: a POST. @throws Error when it is refused */
function asked<T>(
  url: string,
  agent: http.Agent,
  path: string,
  { body, cookie }: { body?: unknown; cookie?: string },
): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      `${url}/api/v1${path}`,
      {
        agent,
        method: body === undefined ? 'GET' : 'POST',
        headers: { 'content-type': 'application/json', 'x-anke-client': 'bench', ...(cookie && { cookie }) },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => {
          if (response.statusCode === 200) resolve(JSON.parse(text));
          else reject(new Error(`${path}: ${response.statusCode} ${text}`));
        });
      },
    );
    request.on('error', reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** Of these processes, so far. */
function cpuSeconds(pids: number[]): number {
  const ticks = pids.map((pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, each) => sum + each, 0) / 100;
}
