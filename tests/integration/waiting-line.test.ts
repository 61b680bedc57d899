import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PLACE_HEADER } from '#contract/plain.ts';
import { type Db, openDb } from '#server/db.ts';
import { newId } from '#server/ids.ts';
import { createLine, type Verdict, type WaitingLine } from '#server/line/line.ts';
import { createLogger } from '#server/logger.ts';
import { createMetrics } from '#server/metrics/metrics.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';
import { done } from '#tests/support/class.ts';
import { seedClass } from '#tests/support/classes.ts';
import { createTestDatabase } from '#tests/support/database.ts';
import type { District } from '#tests/support/district.ts';
import type { HttpClient, Reply } from '#tests/support/http-client.ts';

const POLL_MS = 50;

describe('one line of two workers', () => {
  let db: Db;
  let workers: WaitingLine[];
  let drop: () => Promise<void>;
  const now = Date.parse('2027-02-01T01:00:00Z');

  beforeAll(async () => {
    const database = await createTestDatabase();
    const logger = createLogger('silent', 'test');
    db = openDb(database.url, logger);
    drop = database.drop;
    const secrets = { ticket: 'a'.repeat(64) } as Parameters<typeof createLine>[0]['secrets'];
    const loadOf = () => ({ delayMs: 0, databaseQueue: 0 });
    workers = [0, 1].map((index) =>
      createLine({ db, logger, secrets, clock: () => now, metrics: createMetrics(index) }, { limit: 2, loadOf }),
    );
  });
  afterAll(async () => {
    for (const worker of workers) await worker.close();
    await db.close();
    await drop();
  });

  const numberOf = ({ token }: { token: string | null }) => Number(token?.split('.')[0]);
  function waiting(verdict: Verdict) {
    if (verdict.in) throw new Error('let in, though it should wait');
    return verdict;
  }

  it('lets in up to its limit, and the rest in their order, whichever worker they ask', async () => {
    const [here, there] = workers as [WaitingLine, WaitingLine];
    const first = [await here.ask(undefined), await here.ask(undefined)];
    expect(first.map((verdict) => verdict.in && verdict.place)).toEqual([null, null]);
    const line = (await Promise.all([1, 2, 3, 4].map(() => here.ask(undefined)))).map(waiting);
    expect(line.map(numberOf)).toEqual([1, 2, 3, 4]);
    // A worker with room puts newcomers behind those who wait elsewhere, as soon as it has seen them.
    const seen = waiting(await there.ask(line[3]?.token));
    expect(numberOf(seen)).toBe(4);
    const late = waiting(await there.ask(undefined));
    expect(numberOf(late)).toBe(5);
    const forged = waiting(await there.ask(late.token.replace('5.', '1.')));
    expect(numberOf(forged)).toBe(6);

    // `there` has room for two; `here` for nobody.
    const tokens = [...line, late, forged].map(({ token }) => token);
    const inside: { number: number; leave: () => void }[] = [];
    let leaveFirst = false;
    const enter = async (token: string, worker: WaitingLine) => {
      const verdict = await until(
        () => worker.ask(token),
        (asked) => asked.in,
      );
      if (!verdict.in) throw new Error('never let in');
      inside.push({ number: numberOf(verdict), leave: verdict.leave });
      expect(worker === here && !leaveFirst).toBe(false);
    };
    await enter(tokens[0] as string, there);
    await enter(tokens[1] as string, there);
    const third = waiting(await there.ask(tokens[2]));
    expect(waiting(await here.ask(tokens[0])).ahead).toBe(0);
    leaveFirst = true;
    for (const verdict of first) if (verdict.in) verdict.leave();
    for (const { leave } of inside) leave();
    await enter(third.token, here);
    for (const token of tokens.slice(3)) await enter(token, inside.length % 2 === 0 ? here : there).then(leaveAll);
    expect(inside.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6]);
    // Nobody waits any more: who comes now is let in at once.
    expect(
      (
        await until(
          () => there.ask(undefined),
          (verdict) => verdict.in,
        )
      ).in,
    ).toBe(true);

    function leaveAll() {
      for (const { leave } of inside) leave();
    }
  });

  async function until(ask: () => Promise<Verdict>, right: (verdict: Verdict) => boolean): Promise<Verdict> {
    for (;;) {
      const verdict = await ask();
      if (right(verdict)) return verdict;
      await delay(POLL_MS);
    }
  }
});

describe('a crowd at a worker that can take one request at a time', () => {
  let app: TestApp;
  let district: District;
  let sessionId: string;

  beforeAll(async () => {
    app = await startApp({ config: { entryLimit: 1 } });
    district = await app.seedDistrict();
    const { unitA, personA } = district;
    const made = { title: '开工第一课', instructorAccountId: null };
    ({ sessionId } = await seedClass(app, { ...made, unitId: unitA.id, personId: personA.id }));
  });
  afterAll(() => app?.close());

  it('is let in to the last, and what it waited is kept with its attendance', async () => {
    const { joinCode } = district.unitA;
    const beganAt = app.clock();
    const places: string[] = [];
    const come = async (n: number) => {
      const client = app.client();
      let place: string | null = null;
      const inTurn = async <T>(ask: (headers: Record<string, string>) => Promise<Reply<T>>): Promise<T> => {
        for (;;) {
          const reply = await ask(place === null ? {} : { [PLACE_HEADER]: place });
          place = reply.headers.get(PLACE_HEADER) ?? place;
          if (reply.problem?.code !== 'in-line') return done(`person ${n}`, reply);
          expect(reply.status).toBe(503);
          expect(Number(reply.headers.get('retry-after'))).toBeGreaterThanOrEqual(0);
          app.clock.advance(10);
          await delay(POLL_MS);
        }
      };
      const params = { joinCode };
      await inTurn((headers) => client.call('GET /join/unit/:joinCode', { params, headers }));
      const body = { name: `排队${n}`, phone: `1390000${String(n).padStart(4, '0')}` };
      const me = await inTurn((headers) => client.call('POST /join/unit/:joinCode', { params, body, headers }));
      await inTurn((headers) => client.call('GET /my/sessions', { headers }));
      await inTurn((headers) => ticket(client, headers));
      if (place !== null) places.push(me.personId ?? '');
    };
    await Promise.all(Array.from({ length: 5 }, (_, n) => come(n)));
    expect(places.length).toBeGreaterThan(0);
    const waits = await app.prisma.attendanceWait.findMany({ where: { sessionId } });
    expect(waits.map(({ personId }) => personId).sort()).toEqual([...places].sort());
    for (const wait of waits) {
      expect(wait.beganAt.getTime()).toBeGreaterThanOrEqual(beganAt);
      expect(wait.waitedMs).toBeGreaterThan(0);
      expect(wait.beganAt.getTime() + wait.waitedMs).toBeLessThanOrEqual(app.clock());
    }
  });

  it('keeps no officer from the desk', async () => {
    const { bureau } = district.clients;
    const crowd = Array.from({ length: 5 }, () =>
      app.client().call('GET /join/unit/:joinCode', { params: { joinCode: district.unitA.joinCode } }),
    );
    const answers = await Promise.all([bureau.call('GET /courses'), bureau.call('GET /my/sessions')]);
    // Refused, since the officer learns nothing here, but not put in line.
    expect(answers.map(({ status }) => status)).toEqual([200, 403]);
    await Promise.all(crowd);
  });

  function ticket(client: HttpClient, headers: Record<string, string>) {
    const params = { sessionId };
    return client.call('POST /sessions/:sessionId/ticket', { params, body: { deviceId: newId() }, headers });
  }
});
