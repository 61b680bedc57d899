import pg from 'pg';
import type { Measured } from './benchmark.ts';
import { Meter } from './crowd/processes.ts';
import { startProduct } from './crowd/product.ts';
import { Wire } from './generator.ts';

const PEOPLE = 1_500;
const WORKERS = 2;
/** People at once: what a few hundred arrivals a second keep under way. */
const AT_ONCE = 64;
const STEPS = ['shell', 'me', 'code', 'sign-in', 'list', 'ticket', 'again'] as const;

interface Arrival {
  joinCode: string;
  name: string;
  phone: string;
  from: string;
  cookie: string;
}

/**
 * What one person's way in costs the server, step by step: everybody takes a step before anybody takes the next. Processor time in
 * milliseconds a person, of the workers and of the database with its transactions. Only `shell` opens a connection for each of them.
 */
export async function entry(say: (step: string) => void): Promise<Measured> {
  say(`starting, with ${PEOPLE} people to come`);
  const product = await startProduct(PEOPLE, WORKERS);
  const client = new pg.Client(await product.databaseUrl());
  await client.connect();
  const url = new URL(product.url);
  try {
    await product.startClass();
    const meter = new Meter({ ...product.pids });
    const rows: Measured['rows'] = {};
    const arrivals = product.people.map((person): Arrival => ({ ...person, cookie: '' }));
    for (const step of STEPS) {
      const before = { cpu: meter.read().seconds, transactions: await transactions(client), at: performance.now() };
      await eachOf(url, arrivals, step === 'shell', async (arrival, wire) => {
        const unit = `/api/v1/join/unit/${arrival.joinCode}`;
        const ticket = `/api/v1/sessions/${product.sessionId}/ticket`;
        const requests = {
          shell: () => request(url, arrival, 'GET', `/u/${arrival.joinCode}`),
          me: () => request(url, arrival, 'GET', '/api/v1/me'),
          code: () => request(url, arrival, 'GET', unit),
          'sign-in': () => request(url, arrival, 'POST', unit, { name: arrival.name, phone: arrival.phone }),
          list: () => request(url, arrival, 'GET', '/api/v1/my/sessions'),
          ticket: () => request(url, arrival, 'POST', ticket, { deviceId: crypto.randomUUID() }),
          again: () => request(url, arrival, 'POST', ticket, { deviceId: crypto.randomUUID() }),
        };
        const { status, head } = await wire.ask(requests[step]());
        if (status >= 300) throw new Error(`${step} is answered ${head}`);
        const set = [...head.matchAll(/^set-cookie: (\w+=[^;]+)/gim)].map(([, pair]) => pair);
        if (set.length > 0) arrival.cookie = set.join('; ');
      });
      const cpu = meter.read().seconds;
      const each = (seconds: number) => Math.round((seconds * 1e6) / PEOPLE) / 1_000;
      rows[step] = {
        workersMs: each(cpu.workers - before.cpu.workers),
        parentMs: each(cpu.parent - before.cpu.parent),
        databaseMs: each(cpu.database - before.cpu.database),
        transactions: Math.round(((await transactions(client)) - before.transactions) / (PEOPLE / 100)) / 100,
        wallMs: Math.round(performance.now() - before.at),
      };
      say(`${step} ${JSON.stringify(rows[step])}`);
    }
    meter.stop();
    return { rows, figures: { people: PEOPLE, workers: WORKERS, steps: rows } };
  } finally {
    await client.end();
    await product.remove();
  }
}

/** @param apart each on a connection of their own */
async function eachOf(
  url: URL,
  arrivals: Arrival[],
  apart: boolean,
  act: (arrival: Arrival, wire: Wire) => Promise<void>,
): Promise<void> {
  let next = 0;
  const one = async () => {
    let wire: Wire | null = null;
    for (let arrival = arrivals[next++]; arrival; arrival = arrivals[next++]) {
      wire ??= new Wire(url, arrival.from);
      await act(arrival, wire);
      if (!apart) continue;
      wire.close();
      wire = null;
    }
    wire?.close();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

function request(url: URL, arrival: Arrival, method: string, path: string, body?: object): string {
  const content = body ? JSON.stringify(body) : '';
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `Host: ${url.host}`,
    'Accept-Language: zh-CN,zh;q=0.9',
    'Accept-Encoding: gzip, deflate, br',
    'X-Anke-Client: web',
    ...(arrival.cookie ? [`Cookie: ${arrival.cookie}`] : []),
    ...(body ? ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(content)}`] : []),
  ];
  return `${lines.join('\r\n')}\r\n\r\n${content}`;
}

async function transactions(client: pg.Client): Promise<number> {
  // What a backend counts it tells a moment later.
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  const { rows } = await client.query<{ n: string }>(
    'select xact_commit + xact_rollback as n from pg_stat_database where datname = current_database()',
  );
  return Number(rows[0]?.n);
}
