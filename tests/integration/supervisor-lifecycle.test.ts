import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { identify } from '#server/supervisor/process.ts';
import { forkSupervisor, type Pids, type SupervisedRun, startSupervisor } from '#tests/support/supervised-run.ts';
import { temporaryFolder } from '#tests/support/temporary-folder.ts';

interface Answer {
  pid: number;
  index: number;
  siblings: number[];
  mediaUrl: string;
  migrations: number;
}

async function stop(run: SupervisedRun | undefined): Promise<void> {
  if (!run || run.child.exitCode !== null || run.child.signalCode !== null) return;
  const left = once(run.child, 'exit');
  run.child.kill('SIGTERM');
  await left;
}

async function ask<T = Answer>(address: string, path = '/'): Promise<T | undefined> {
  try {
    const response = await fetch(address + path, { headers: { connection: 'close' } });
    return response.ok ? ((await response.json()) as T) : undefined;
  } catch {
    return undefined;
  }
}

const soon = { timeout: 45_000 };

/** Both workers listen and know each other. */
async function settled(address: string): Promise<Answer> {
  let answer: Answer | undefined;
  await expect
    .poll(async () => {
      answer = await ask(address);
      return answer?.siblings.filter((port) => port > 0).length;
    }, soon)
    .toBe(2);
  if (!answer) throw new Error('no answer');
  return answer;
}

const everything = (pids: Pids) => [pids.postgres, pids.media, ...pids.workers];
const running = (pids: number[]) => pids.filter((pid) => identify(pid) !== undefined);

describe('while it runs', () => {
  let dataDir: string;
  let run: SupervisedRun;

  beforeAll(async () => {
    dataDir = await temporaryFolder();
    run = await startSupervisor(dataDir);
  });
  afterAll(async () => {
    await stop(run);
    await rm(dataDir, { recursive: true });
  });

  test('a killed worker comes back under its index, and the others hear its new private port', async () => {
    const before = await settled(run.address);
    process.kill(before.pid, 'SIGKILL');
    await expect
      .poll(async () => {
        const port = (await settled(run.address)).siblings[before.index];
        return port !== before.siblings[before.index] && port;
      }, soon)
      .toBeTruthy();
    const after = await settled(run.address);
    expect(after.siblings[1 - before.index]).toBe(before.siblings[1 - before.index]);
    const workerOfPort = await ask<number>(`http://127.0.0.1:${after.siblings[before.index]}`);
    expect(workerOfPort).toBe(before.index);
  });

  test('of those who arrive while a worker hangs and is killed, each is answered', async () => {
    const { pid } = await settled(run.address);
    process.kill(pid, 'SIGSTOP');
    const arrived = Array.from({ length: 40 }, () => ask(run.address));
    await Promise.race(arrived);
    process.kill(pid, 'SIGKILL');
    const answers = await Promise.all(arrived);
    expect(answers.filter((answer) => answer !== undefined)).toHaveLength(40);
  });

  test('who arrives while no worker is there waits until one is back', async () => {
    await settled(run.address);
    const { workers } = await run.pids();
    for (const pid of workers) process.kill(pid, 'SIGKILL');
    await expect.poll(() => running(workers)).toEqual([]);
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(run.address)));
    expect(answers.filter((answer) => answer !== undefined)).toHaveLength(20);
  });

  test('a killed media process comes back at the same address', async () => {
    const { mediaUrl } = await settled(run.address);
    const { media } = await run.pids();
    await expect.poll(() => ask<{ pid: number }>(mediaUrl), soon).toEqual({ pid: media });
    process.kill(media, 'SIGKILL');
    await expect.poll(async () => (await ask<{ pid: number }>(mediaUrl))?.pid ?? media, soon).not.toBe(media);
  });

  test('a killed PostgreSQL comes back, and the same workers go on with it', async () => {
    await settled(run.address);
    const before = await run.pids();
    process.kill(before.postgres, 'SIGKILL');
    await expect.poll(() => running([before.postgres])).toEqual([]);
    // A backend outlives its killed server for a moment and may still answer: the new server is what counts.
    await expect.poll(async () => (await run.pids()).postgres !== before.postgres, soon).toBe(true);
    await expect.poll(async () => (await ask(run.address))?.migrations, soon).toBeGreaterThan(0);
    const after = await run.pids();
    expect(after.workers).toEqual(before.workers);
  });

  test('workers are replaced one by one: whoever asks meanwhile is answered, and what is under way is finished', async () => {
    await settled(run.address);
    const before = await run.pids();
    const slow = fetch(`${run.address}/slow`, { headers: { connection: 'close' } }).then((answer) => answer.json());
    await expect.poll(() => ask<{ held: number }>(run.address, '/held').then((answer) => answer?.held), soon).toBe(1);
    let asking = true;
    let unanswered = 0;
    const fewest = { workers: before.workers.length };
    const asked = (async () => {
      while (asking) {
        if ((await ask(run.address)) === undefined) unanswered += 1;
        fewest.workers = Math.min(fewest.workers, (await run.pids()).workers.length);
      }
    })();
    run.child.kill('SIGUSR2');
    const isRenewed = async () => (await run.pids()).workers.every((pid) => !before.workers.includes(pid));
    await expect.poll(isRenewed, soon).toBe(true);
    asking = false;
    await asked;
    expect([unanswered, fewest.workers]).toEqual([0, 2]);

    // The one who holds it is still there, beside those that took all places.
    await expect.poll(() => running(before.workers), soon).toHaveLength(1);
    const [holder] = running(before.workers) as [number];
    process.kill(holder, 'SIGUSR2');
    expect(await slow).toMatchObject({ pid: holder });
    await expect.poll(() => running(before.workers), soon).toEqual([]);
    const indexes = new Set<number | undefined>();
    await expect.poll(async () => indexes.add((await ask(run.address))?.index).size, soon).toBe(2);
    expect(indexes).toEqual(new Set([0, 1]));
  });

  test('a second supervisor on the same data folder says who is there and leaves', async () => {
    const second = forkSupervisor(dataDir);
    // Its end, and that of what it printed.
    expect(await once(second.child, 'close')).toEqual([1, null]);
    expect(second.output()).toBe(`${dataDir} is in use by another process (pid ${run.child.pid})\n`);
  });
});

describe('at its end', () => {
  let dataDir: string;
  let run: SupervisedRun | undefined;

  beforeEach(async () => {
    dataDir = await temporaryFolder();
  });
  afterEach(async () => {
    await stop(run);
    run = undefined;
    await rm(dataDir, { recursive: true });
  });

  test('the first Ctrl-C lets requests finish and leaves no process behind', async () => {
    run = await startSupervisor(dataDir);
    await settled(run.address);
    const pids = everything(await run.pids());
    expect(running(pids)).toHaveLength(4);

    // One request is held open at every worker that could get it; the one who holds it must answer before it leaves.
    const held = fetch(`${run.address}/slow`, { headers: { connection: 'close' } }).then((answer) => answer.text());
    const { port } = new URL(run.address);
    await expect
      .poll(() => ask<{ held: number }>(run?.address ?? '', '/held').then((answer) => answer?.held), soon)
      .toBe(1);
    const left = once(run.child, 'exit');
    run.interrupt();
    await expect.poll(() => refuses(Number(port)), soon).toBe(true);
    expect(running(pids).length).toBeGreaterThan(0);
    run.child.send('finish');
    expect(JSON.parse(await held)).toMatchObject({ migrations: expect.any(Number) });
    expect(await left).toEqual([0, null]);
    await expect.poll(() => running(pids), soon).toEqual([]);
  });

  test('the second Ctrl-C ends everything at once', async () => {
    run = await startSupervisor(dataDir);
    await settled(run.address);
    const pids = everything(await run.pids());
    void ask(run.address, '/slow');
    await expect
      .poll(() => ask<{ held: number }>(run?.address ?? '', '/held').then((answer) => answer?.held), soon)
      .toBe(1);
    const left = once(run.child, 'exit');
    run.interrupt();
    const { port } = new URL(run.address);
    await expect.poll(() => refuses(Number(port)), soon).toBe(true);
    run.interrupt();
    expect(await left).toEqual([130, null]);
    await expect.poll(() => running(pids), soon).toEqual([]);
  });

  test('when the supervisor is killed, workers and media leave by themselves and PostgreSQL is adopted', async () => {
    run = await startSupervisor(dataDir);
    await settled(run.address);
    const before = await run.pids();
    const left = once(run.child, 'exit');
    run.child.kill('SIGKILL');
    await left;
    await expect.poll(() => running([before.media, ...before.workers]), soon).toEqual([]);
    expect(running([before.postgres])).toEqual([before.postgres]);

    run = await startSupervisor(dataDir);
    expect((await run.pids()).postgres).toBe(before.postgres);
    expect((await settled(run.address)).migrations).toBeGreaterThan(0);
  });

  test('a new version that does not start costs nobody anything', async () => {
    const broken = path.join(dataDir, 'broken.mjs');
    await writeFile(broken, 'process.exit(1);');
    run = await startSupervisor(dataDir, { ANKE_TEST_RENEWAL: broken, LOG_LEVEL: 'error' });
    await settled(run.address);
    const before = await run.pids();
    run.child.kill('SIGUSR2');
    await expect.poll(() => run?.output(), soon).toContain('the others stay as they are');
    expect((await run.pids()).workers).toEqual(before.workers);

    // Not even when one dies afterwards: it comes back as it was.
    const { pid } = await settled(run.address);
    process.kill(pid, 'SIGKILL');
    await expect.poll(async () => (await run?.pids())?.workers.includes(pid), soon).toBe(false);
    await settled(run.address);
  });

  test('a busy port is one clear line', async () => {
    const other = net.createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as net.AddressInfo;
    const { child, output } = forkSupervisor(dataDir, { PORT: String(port) });
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(output()).toBe(`port ${port} is in use by another program: set PORT to a free one\n`);
    other.close();
  });

  test('a wrong variable is one clear line', async () => {
    const { child, output } = forkSupervisor(dataDir, { WORKERS: 'many' });
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(output()).toMatch(/^wrong environment: WORKERS: .*\n$/);
  });

  test('a worker that cannot start is given up loudly, and nothing stays behind', async () => {
    const { child, output } = forkSupervisor(dataDir, { ANKE_TEST_BROKEN: '1' });
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(output()).toContain('worker given up');
    const pids = [...output().matchAll(/"(?:mediaPid|postgresPid|pid)":(\d+)/g)].map((match) => Number(match[1]));
    await expect.poll(() => running(pids), soon).toEqual([]);
  });
});

function refuses(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', () => resolve(true));
  });
}
