import { randomUUID } from 'node:crypto';
import { createClient } from '@redis/client';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasRedis, type OwnRedis, startRedis, WITHOUT_REDIS } from '#scripts/outside/redis.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';
import { seedFirstClass } from '#tests/support/classes.ts';
import type { District } from '#tests/support/district.ts';
import type { HttpClient } from '#tests/support/http-client.ts';
import { admission } from '#tests/support/room-entry.ts';
import { RoomSocket } from '#tests/support/room-socket.ts';

/* Two workers hear each other over PostgreSQL, or over Redis when REDIS_URL is set. */

const soon = { timeout: 45_000, interval: 50 };

if (!hasRedis) console.warn(WITHOUT_REDIS);

describe.each([
  { over: 'PostgreSQL', present: true },
  { over: 'Redis', present: hasRedis },
])('over $over', ({ over, present }) => {
  describe.runIf(present)('two workers', () => {
    let redis: OwnRedis | undefined;
    let first: TestApp;
    let second: TestApp;
    let district: District;
    let sessionId: string;
    let liveQuestionId: string;
    const opened: RoomSocket[] = [];
    const ports: number[] = [];

    beforeAll(async () => {
      redis = over === 'Redis' ? await startRedis() : undefined;
      const config = { redisUrl: redis?.url };
      first = await startApp({ ports, config });
      second = await startApp({ ports, config, beside: first });
      district = await first.seedDistrict();
      ({ sessionId, liveQuestionId } = await seedFirstClass(first, district));
    });
    afterAll(async () => {
      for (const socket of opened) await socket.close();
      await second?.close();
      await first?.close();
      await redis?.stop();
    });

    async function enter(app: TestApp, client?: HttpClient): Promise<RoomSocket> {
      const learner = client ?? (await district.joined(district.principalA, district.unitA.joinCode));
      const { ticket } = await admission(learner, sessionId, randomUUID());
      const socket = await RoomSocket.enter(app.url, ticket);
      opened.push(socket);
      return socket;
    }

    async function desk(app: TestApp): Promise<RoomSocket> {
      const socket = await RoomSocket.connect(app.url, { cookie: district.clients.bureau.cookieHeader() });
      await socket.request('console:join', { sessionId });
      opened.push(socket);
      return socket;
    }

    function change(topic: string) {
      return district.clients.bureau.call('PATCH /sessions/:sessionId', { params: { sessionId }, body: { topic } });
    }

    /** What is sent on the bus from now on, one text for each go. */
    async function listen(): Promise<{ texts(): Promise<string[]>; close(): Promise<void> }> {
      if (redis) {
        const client = createClient({ url: redis.url });
        await client.connect();
        const before = await client.xLen('anke:bus');
        return {
          async texts() {
            const entries = (await client.xRange('anke:bus', '-', '+')) ?? [];
            return entries.slice(before).map(({ message }) => message.frames ?? '');
          },
          async close() {
            client.destroy();
          },
        };
      }
      const client = new pg.Client({ connectionString: first.config.databaseUrl });
      const heard: string[] = [];
      client.on('notification', ({ payload }) => heard.push(payload ?? ''));
      await client.connect();
      await client.query('listen anke_bus');
      return { texts: async () => heard, close: () => client.end() };
    }

    it('hear of a question that is closed, of answers, and of who asks', async () => {
      const there = await enter(second, await district.joined(district.personA, district.unitA.joinCode));
      const officer = await desk(second);
      const here = await enter(first);
      await here.request('quiz:answer', { liveQuestionId, choice: [0] });
      await expect.poll(() => officer.heard('quiz:tally').at(-1)?.answered, soon).toBe(1);
      await here.request('question:ask', { id: randomUUID(), text: '动火作业由谁批准？' });
      await expect.poll(() => officer.heard('question:asked').at(-1)?.text, soon).toBe('动火作业由谁批准？');
      const close = { params: { liveQuestionId } };
      expect((await district.clients.bureau.call('POST /live-questions/:liveQuestionId/close', close)).status).toBe(
        200,
      );
      await expect.poll(() => there.heard('room:changed').at(-1)?.question?.closed, soon).toBe(true);
    });

    it('send a change once, however many are in the room', async () => {
      const sockets = [...(await Promise.all(Array.from({ length: 15 }, () => enter(first))))];
      sockets.push(...(await Promise.all(Array.from({ length: 15 }, () => enter(second)))));
      const bus = await listen();
      expect((await change('起重吊装')).status).toBe(200);
      for (const socket of sockets)
        await expect.poll(() => socket.heard('room:changed').at(-1)?.topic, soon).toBe('起重吊装');
      const about = async () => (await bus.texts()).filter((text) => text.includes('room-changed'));
      // The workers may hear it before this listener does.
      await expect.poll(async () => (await about()).length, soon).toBeGreaterThan(0);
      const [only = '', ...more] = await about();
      await bus.close();
      expect(more).toEqual([]);
      expect(Buffer.byteLength(only)).toBeLessThan(500);
      for (const socket of sockets)
        expect(socket.heard('room:changed').filter(({ topic }) => topic === '起重吊装')).toHaveLength(1);
    });
  });
});
