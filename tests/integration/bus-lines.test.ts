import { createClient } from '@redis/client';
import { Server } from 'socket.io';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hasRedis, type OwnRedis, startRedis, WITHOUT_REDIS } from '#scripts/outside/redis.ts';
import { type Bus, createBus } from '#server/live/bus/bus.ts';
import type { Dial } from '#server/live/bus/line.ts';
import { postgresDial } from '#server/live/bus/postgres.ts';
import { redisDial } from '#server/live/bus/redis.ts';
import { createLogger } from '#server/logger.ts';
import { createMetrics } from '#server/metrics/metrics.ts';
import { createTestDatabase, type TestDatabase } from '#tests/support/database.ts';
import { type TcpLine, tcpLine } from '#tests/support/tcp-line.ts';

/* Two workers' buses without the workers, over lines that are disturbed. */

const soon = { timeout: 45_000, interval: 20 };

if (!hasRedis) console.warn(WITHOUT_REDIS);

/** One worker's end of the bus. */
function end(dial: Dial) {
  const lines: { msg: string }[] = [];
  const logger = createLogger('info', 'test', { write: (line) => void lines.push(JSON.parse(line)) });
  const metrics = createMetrics(0);
  const bus = createBus(dial, { logger, metrics });
  const io = new Server({ adapter: bus.adapter });
  const heard: string[] = [];
  let missed = 0;
  io.on('word' as never, ((word: string) => heard.push(word)) as never);
  bus.onMissed(async () => {
    missed += 1;
  });
  return {
    bus,
    heard,
    say: (word: string) => io.serverSideEmit('word', word),
    missed: () => missed,
    logged: (msg: string) => lines.filter((line) => line.msg.startsWith(msg)).length,
    metric: (name: string) => metrics.registry.getSingleMetricAsString(name),
  };
}

describe.each([
  { over: 'PostgreSQL', present: true },
  { over: 'Redis', present: hasRedis },
])('over $over', ({ over, present }) => {
  describe.runIf(present)('what one says', () => {
    let database: TestDatabase | undefined;
    let redis: OwnRedis | undefined;
    let line: TcpLine;
    let near: ReturnType<typeof end>;
    let far: ReturnType<typeof end>;
    const open: Bus[] = [];

    beforeAll(async () => {
      if (over === 'Redis') redis = await startRedis();
      else database = await createTestDatabase();
    });
    afterAll(async () => {
      await redis?.stop();
      await database?.drop();
    });
    beforeEach(async () => {
      const url = new URL(redis?.url ?? database?.url ?? '');
      line = await tcpLine(Number(url.port));
      const dial = redis ? redisDial : postgresDial;
      near = end(dial(url.href));
      url.port = String(line.port);
      far = end(dial(url.href));
      open.push(near.bus, far.bus);
      await expect.poll(() => near.bus.listening() && far.bus.listening(), soon).toBe(true);
    });
    afterEach(async () => {
      for (const bus of open.splice(0)) await bus.close();
      await line.close();
    });

    it('is heard once by the others and not by itself, whatever its length', async () => {
      const long = '班前会安全讲话“先断电、后检修”\n'.repeat(2_000);
      near.say('short');
      near.say(long);
      far.say('answer');
      await expect.poll(() => far.heard, soon).toEqual(['short', long]);
      await expect.poll(() => near.heard, soon).toEqual(['answer']);
      expect([near.missed(), far.missed()]).toEqual([0, 0]);
    });

    it('while the line of the other is broken off is made up for, and what the other says meanwhile is heard', async () => {
      line.breakOff();
      await expect.poll(() => far.bus.listening(), soon).toBe(false);
      near.say('to nobody');
      far.say('from nowhere');
      // It tries again and again, and says so once.
      await expect.poll(() => line.refused, soon).toBeGreaterThan(2);
      line.goOn();
      await expect.poll(() => near.heard, soon).toEqual(['from nowhere']);
      await expect.poll(() => far.missed(), soon).toBe(1);
      // A stream keeps what was said; NOTIFY does not, and everything is read again.
      if (redis) await expect.poll(() => far.heard, soon).toEqual(['to nobody']);
      near.say('afterwards');
      await expect.poll(() => far.heard.at(-1), soon).toBe('afterwards');
      expect([far.logged('the bus is away'), far.logged('the bus is back')]).toEqual([1, 1]);
      expect(near.logged('the bus is away')).toBe(0);
    });

    it('over a line that hangs is noticed, and made up for when it goes on', async () => {
      line.hang();
      await expect.poll(() => far.bus.listening(), soon).toBe(false);
      near.say('to nobody');
      far.say('from nowhere');
      line.goOn();
      await expect.poll(() => near.heard, soon).toEqual(['from nowhere']);
      await expect.poll(() => far.missed(), soon).toBe(1);
      near.say('afterwards');
      await expect.poll(() => far.heard.at(-1), soon).toBe('afterwards');
      expect(far.logged('the bus is away')).toBe(1);
    });

    it('is dropped from the oldest on when the line is away for too long, which the others are told', async () => {
      far.say('before');
      await expect.poll(() => near.heard, soon).toEqual(['before']);
      line.breakOff();
      await expect.poll(() => far.bus.listening(), soon).toBe(false);
      for (let n = 1; n <= 600; n += 1) far.say(`${n}`);
      line.goOn();
      await expect.poll(() => near.heard.at(-1), soon).toBe('600');
      expect(near.heard).toHaveLength(1 + 500);
      await expect.poll(() => near.missed(), soon).toBe(1);
    });

    it('is still sent when its worker ends', async () => {
      near.say('goodbye');
      await near.bus.close();
      await expect.poll(() => far.heard, soon).toEqual(['goodbye']);
    });

    it('is measured', async () => {
      near.say('short');
      await expect.poll(() => far.heard, soon).toEqual(['short']);
      await expect.poll(() => near.metric('anke_bus_up'), soon).toMatch(/ 1$/);
      // Heard there before it is known here that it was taken.
      await expect.poll(() => near.metric('anke_bus_sent_total'), soon).toMatch(/ [1-9]\d*$/);
      await expect.poll(() => near.metric('anke_bus_lag_seconds'), soon).toMatch(/count\{.*from="self".*\} [1-9]/);
      await expect.poll(() => far.metric('anke_bus_lag_seconds'), soon).toMatch(/count\{.*from="others".*\} [1-9]/);
    });
  });
});

describe.runIf(hasRedis)('a Redis', () => {
  it('that was away comes back empty, and with a clock that is behind', async () => {
    const redis = await startRedis();
    const url = new URL(redis.url);
    const line = await tcpLine(Number(url.port));
    const near = end(redisDial(redis.url));
    url.port = String(line.port);
    const far = end(redisDial(url.href));
    try {
      await expect.poll(() => near.bus.listening() && far.bus.listening(), soon).toBe(true);
      // Its ids are times of its clock, or follow the highest that there was: here from the year 2286 on.
      const client = createClient({ url: redis.url });
      await client.connect();
      await client.xAdd('anke:bus', '9999999999999-0', { frames: '[]' });
      client.destroy();
      near.say('before');
      await expect.poll(() => far.heard, soon).toEqual(['before']);
      await redis.kill();
      await expect.poll(() => near.bus.listening() || far.bus.listening(), soon).toBe(false);
      line.breakOff();
      near.say('meanwhile');
      await redis.start();
      // Said before the other is back.
      const again = createClient({ url: redis.url });
      await again.connect();
      await expect.poll(() => again.xLen('anke:bus'), soon).toBeGreaterThan(0);
      again.destroy();
      line.goOn();
      await expect.poll(() => far.heard, soon).toEqual(['before', 'meanwhile']);
      await expect.poll(() => far.missed(), soon).toBe(1);
      far.say('answer');
      await expect.poll(() => near.heard, soon).toEqual(['answer']);
    } finally {
      for (const { bus } of [near, far]) await bus.close();
      await line.close();
      await redis.stop();
    }
  });

  it('that is not there at the start is heard when it comes', async () => {
    const redis = await startRedis();
    await redis.kill();
    const near = end(redisDial(redis.url));
    const far = end(redisDial(redis.url));
    try {
      near.say('early');
      await expect.poll(() => near.logged('the bus is away') + far.logged('the bus is away'), soon).toBe(2);
      await redis.start();
      await expect.poll(() => near.bus.listening() && far.bus.listening(), soon).toBe(true);
      near.say('later');
      await expect.poll(() => far.heard.at(-1), soon).toBe('later');
    } finally {
      for (const { bus } of [near, far]) await bus.close();
      await redis.stop();
    }
  });
});
