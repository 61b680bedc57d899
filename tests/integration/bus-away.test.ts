import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { hasRedis, type OwnRedis, startRedis, WITHOUT_REDIS } from '#scripts/outside/redis.ts';
import { createLogger } from '#server/logger.ts';
import type { ReadinessReport } from '#server/readiness.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';
import { done } from '#tests/support/class.ts';
import { seedFirstClass } from '#tests/support/classes.ts';
import type { District } from '#tests/support/district.ts';
import { admission } from '#tests/support/room-entry.ts';
import { RoomSocket } from '#tests/support/room-socket.ts';
import { type TcpLine, tcpLine } from '#tests/support/tcp-line.ts';

/*
 * A question opens and closes while the bus is away. The clock stands still, so that a room which was read stays as it was until
 * somebody says that it has changed.
 */

const soon = { timeout: 45_000, interval: 50 };

if (!hasRedis) console.warn(WITHOUT_REDIS);

interface Room {
  first: TestApp;
  second: TestApp;
  district: District;
  sessionId: string;
  questionId: string;
  liveQuestionId: string;
  /** Lines of the workers' logs that begin so. */
  logged(message: string): number;
}

/** Two workers; the second reaches PostgreSQL over `line`. */
async function startRoom(setting: { redisUrl?: string; line?: (port: number) => Promise<TcpLine> }): Promise<Room> {
  const ports: number[] = [];
  const lines: string[] = [];
  const logger = createLogger('info', 'test', { write: (line) => void lines.push(JSON.parse(line).msg) });
  const config = { redisUrl: setting.redisUrl };
  const first = await startApp({ ports, config, logger });
  const url = new URL(first.config.databaseUrl ?? '');
  if (setting.line) url.port = String((await setting.line(Number(url.port))).port);
  const second = await startApp({ ports, config: { ...config, databaseUrl: url.href }, logger, beside: first });
  const district = await first.seedDistrict();
  const ids = await seedFirstClass(first, district);
  const logged = (message: string) => lines.filter((line) => line.startsWith(message)).length;
  return { first, second, district, logged, ...ids };
}

async function enter({ district, sessionId }: Room, app: TestApp, phone: string): Promise<RoomSocket> {
  const learner = await district.joined({ name: `学员${phone.slice(-2)}`, phone }, district.unitA.joinCode);
  const { ticket } = await admission(learner, sessionId, randomUUID());
  return RoomSocket.enter(app.url, ticket);
}

async function hears(app: TestApp): Promise<boolean> {
  const answer = await fetch(`${app.url}/health/ready`);
  return ((await answer.json()) as ReadinessReport).parts.bus === 'ok';
}

async function openQuestion({ district, sessionId, questionId }: Room) {
  const asked = { params: { sessionId }, body: { questionId, seconds: 60 } };
  return done('open', await district.clients.bureau.call('POST /sessions/:sessionId/live-questions', asked));
}

async function closeQuestion({ district }: Room, liveQuestionId: string) {
  const params = { liveQuestionId };
  return done('close', await district.clients.bureau.call('POST /live-questions/:liveQuestionId/close', { params }));
}

const shown = (socket: RoomSocket) => {
  const question = socket.heard('room:changed').at(-1)?.question;
  return [question?.id, question?.closed, question?.result?.answered];
};

describe.runIf(hasRedis)('Redis', () => {
  let redis: OwnRedis;
  let room: Room;
  let here: RoomSocket[] = [];
  let there: RoomSocket[] = [];

  beforeAll(async () => {
    redis = await startRedis();
    room = await startRoom({ redisUrl: redis.url });
    here = [await enter(room, room.first, '13800001001'), await enter(room, room.first, '13800001002')];
    there = [await enter(room, room.second, '13800001003'), await enter(room, room.second, '13800001004')];
    await closeQuestion(room, room.liveQuestionId);
    for (const socket of there) await vi.waitUntil(() => shown(socket)[1], soon);
  });
  afterAll(async () => {
    for (const socket of [...here, ...there]) await socket.close();
    await room?.second.close();
    await room?.first.close();
    await redis?.stop();
  });

  it.each([
    { what: 'hangs', away: async () => redis.pause(), back: async () => redis.goOn() },
    { what: 'is killed and comes back empty', away: () => redis.kill(), back: () => redis.start() },
  ])('that $what costs nobody a question, an answer or the socket', async ({ away, back }) => {
    const [saidAway, saidBack] = [room.logged('the bus is away'), room.logged('the bus is back')];
    await away();
    for (const app of [room.first, room.second]) await expect.poll(() => hears(app), soon).toBe(false);
    const { id } = await openQuestion(room);
    for (const socket of here) await expect.poll(() => shown(socket)[0], soon).toBe(id);
    for (const socket of [...here, ...there])
      expect(await socket.request('quiz:answer', { liveQuestionId: id, choice: [0] })).toEqual({ stored: true });
    await closeQuestion(room, id);
    for (const socket of here) await expect.poll(() => shown(socket), soon).toEqual([id, true, 4]);
    await back();
    for (const socket of there) await expect.poll(() => shown(socket), soon).toEqual([id, true, 4]);
    await expect.poll(() => room.logged('the bus is back') - saidBack, soon).toBe(2);
    expect(room.logged('the bus is away') - saidAway).toBe(2);
    for (const socket of [...here, ...there]) expect(socket.connected).toBe(true);
    const answers = await room.first.prisma.liveAnswer.count({ where: { liveQuestionId: id } });
    expect(answers).toBe(4);
  });
});

describe('PostgreSQL', () => {
  let line: TcpLine;
  let room: Room;
  let here: RoomSocket;
  let there: RoomSocket;

  beforeAll(async () => {
    room = await startRoom({
      line: async (port) => {
        line = await tcpLine(port);
        return line;
      },
    });
    here = await enter(room, room.first, '13800001001');
    there = await enter(room, room.second, '13800001003');
    await closeQuestion(room, room.liveQuestionId);
    await vi.waitUntil(() => shown(there)[1], soon);
  });
  afterAll(async () => {
    for (const socket of [here, there]) await socket?.close();
    await room?.second.close();
    await room?.first.close();
    await line?.close();
  });

  it('that one worker does not reach costs its people no question, and their answers are stored when it does', async () => {
    line.hang();
    await expect.poll(() => hears(room.second), soon).toBe(false);
    const { id } = await openQuestion(room);
    const answered = there.ask('quiz:answer', { liveQuestionId: id, choice: [0] });
    await here.request('quiz:answer', { liveQuestionId: id, choice: [1] });
    line.goOn();
    // What the line held is let through; a page that is told to wait sends it again.
    if (!(await answered).ok)
      await expect
        .poll(() => there.ask('quiz:answer', { liveQuestionId: id, choice: [0] }), soon)
        .toMatchObject({ ok: true });
    await expect.poll(() => shown(there).slice(0, 2), soon).toEqual([id, false]);
    await closeQuestion(room, id);
    for (const socket of [here, there]) await expect.poll(() => shown(socket), soon).toEqual([id, true, 2]);
    expect([here.connected, there.connected]).toEqual([true, true]);
    expect(room.logged('the bus is away')).toBe(1);
  });

  it('that restarts under both of them is found again', async () => {
    const name = new URL(room.first.config.databaseUrl ?? '').pathname.slice(1);
    line.breakOff();
    await room.first.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and application_name = 'anke bus'`,
      [name],
    );
    const { id } = await openQuestion(room);
    await closeQuestion(room, id);
    line.goOn();
    for (const socket of [here, there]) await expect.poll(() => shown(socket), soon).toEqual([id, true, 0]);
    expect([here.connected, there.connected]).toEqual([true, true]);
  });
});
