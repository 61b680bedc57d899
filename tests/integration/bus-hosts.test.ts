import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasRedis, type OwnRedis, startRedis, WITHOUT_REDIS } from '#scripts/outside/redis.ts';
import type { ReadinessReport } from '#server/readiness.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';
import { done } from '#tests/support/class.ts';
import { seedFirstClass } from '#tests/support/classes.ts';
import type { District } from '#tests/support/district.ts';
import { HttpClient } from '#tests/support/http-client.ts';
import { canMakeHosts, makeHost, type NetworkHost } from '#tests/support/network-hosts.ts';
import { admission } from '#tests/support/room-entry.ts';
import { RoomSocket } from '#tests/support/room-socket.ts';
import { type TcpLine, tcpLine } from '#tests/support/tcp-line.ts';

/*
 * Two hosts over one PostgreSQL and one Redis: this machine, and a network namespace with a worker in it and three cables, to its
 * people, to PostgreSQL and to Redis.
 */

const soon = { timeout: 45_000, interval: 100 };
/** The first cable is the people's. */
const DATABASE = 1;
const REDIS = 2;

const hostsAllowed = canMakeHosts();
if (!hostsAllowed) console.warn('no network namespaces here (they take root on Linux): two hosts are not tested');
if (!hasRedis) console.warn(WITHOUT_REDIS);

describe.each([
  { over: 'PostgreSQL', cable: DATABASE, present: true },
  { over: 'Redis', cable: REDIS, present: hasRedis },
])('two hosts over $over', ({ over, cable, present }) => {
  describe.runIf(hostsAllowed && present)('in two network namespaces', () => {
    let redis: OwnRedis | undefined;
    let near: TestApp;
    let far: NetworkHost;
    let farUrl: string;
    let district: District;
    let sessionId: string;
    let questionId: string;
    let liveQuestionId: string;
    const lines: TcpLine[] = [];
    const sockets: RoomSocket[] = [];

    beforeAll(async () => {
      redis = over === 'Redis' ? await startRedis() : undefined;
      near = await startApp({ config: { redisUrl: redis?.url } });
      far = makeHost(3);
      const forwarded = async (address: string, through: number) => {
        const url = new URL(address);
        const line = await tcpLine(Number(url.port), far.gateway(through));
        lines.push(line);
        url.hostname = far.gateway(through);
        url.port = String(line.port);
        return url.href;
      };
      const started = far.start({
        DATABASE_URL: await forwarded(near.config.databaseUrl ?? '', DATABASE),
        REDIS_URL: redis ? await forwarded(redis.url, REDIS) : '',
        ANKE_DATA: near.config.dataDir,
      });
      district = await near.seedDistrict();
      ({ sessionId, questionId, liveQuestionId } = await seedFirstClass(near, district));
      farUrl = await started;
    });
    afterAll(async () => {
      for (const socket of sockets) await socket.close();
      await far?.remove();
      await near?.close();
      for (const line of lines) await line.close();
      await redis?.stop();
    });

    async function enter(url: string, phone: string): Promise<RoomSocket> {
      const learner = new HttpClient(url);
      const join = { params: { joinCode: district.unitA.joinCode }, body: { name: `学员${phone.slice(-2)}`, phone } };
      done('join', await learner.call('POST /join/unit/:joinCode', join));
      const { ticket } = await admission(learner, sessionId, randomUUID());
      const socket = await RoomSocket.enter(url, ticket);
      sockets.push(socket);
      return socket;
    }

    async function hears(url: string): Promise<boolean> {
      const answer = await fetch(`${url}/health/ready`);
      return ((await answer.json()) as ReadinessReport).parts.bus === 'ok';
    }

    const shown = (socket: RoomSocket) => {
      const question = socket.heard('room:changed').at(-1)?.question;
      return [question?.id, question?.closed, question?.result?.answered];
    };

    it('a question opened at one reaches the other, which was cut off meanwhile, and answers are there once', async () => {
      const here = await enter(near.url, '13800002001');
      const there = [await enter(farUrl, '13800002002'), await enter(farUrl, '13800002003')];
      const everybody = [here, ...there];
      const officer = district.clients.bureau;
      const open = async () => {
        const asked = { params: { sessionId }, body: { questionId, seconds: 600 } };
        return done('open', await officer.call('POST /sessions/:sessionId/live-questions', asked)).id;
      };
      const close = async (id: string) => {
        const params = { liveQuestionId: id };
        done('close', await officer.call('POST /live-questions/:liveQuestionId/close', { params }));
      };
      await expect.poll(async () => (await hears(near.url)) && (await hears(farUrl)), soon).toBe(true);
      const rename = async (at: HttpClient, topic: string) => {
        const change = { params: { sessionId }, body: { topic } };
        done('topic', await at.call('PATCH /sessions/:sessionId', change));
        for (const socket of everybody)
          await expect.poll(() => socket.heard('room:changed').at(-1)?.topic, soon).toBe(topic);
      };
      // The seeded one may be over already.
      await close(liveQuestionId);
      await rename(officer, '节后复工');

      far.pull(cable);
      await expect.poll(() => hears(farUrl), soon).toBe(false);
      const id = await open();
      const answered = everybody.map((socket) => socket.ask('quiz:answer', { liveQuestionId: id, choice: [0] }));
      await answered[0];
      far.plug(cable);
      // A page that was told to wait sends it again, with the same outcome.
      const acks = await Promise.all(answered.map((asked) => asked.catch(() => null)));
      for (const [i, socket] of everybody.entries()) {
        if (acks[i]?.ok) continue;
        const again = () => socket.ask('quiz:answer', { liveQuestionId: id, choice: [0] }).catch(() => null);
        await expect.poll(again, soon).toMatchObject({ ok: true });
      }
      await close(id);
      for (const socket of everybody) await expect.poll(() => shown(socket), soon).toEqual([id, true, 3]);
      await expect.poll(() => hears(farUrl), soon).toBe(true);
      expect(everybody.map((socket) => socket.connected)).toEqual([true, true, true]);
      expect(await near.prisma.liveAnswer.count({ where: { liveQuestionId: id } })).toBe(3);
      await rename(officer.copy(farUrl), '复工检查');
      await expect.poll(() => here.heard('room:viewers').at(-1)?.devices, soon).toBe(3);
    });
  });
});
