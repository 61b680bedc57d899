import { afterAll, beforeAll, expect, it } from 'vitest';
import { DEMO_ACCOUNTS } from '#server/accounts/demo.ts';
import { createLogger } from '#server/logger.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';

const lines: string[] = [];
const logger = createLogger('info', 'test', { write: (line) => void lines.push(line) });
let app: TestApp;

beforeAll(async () => {
  app = await startApp({ logger });
});
afterAll(() => app.close());

const codes = () => lines.flatMap((line) => line.match(/[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}/)?.[0] ?? []);
const first = (code: string, accountName = 'officer') => ({
  code,
  bureauName: '区应急管理局',
  accountName,
  displayName: '王建国',
  password: 'long enough',
});

it('asks for set-up, and offers no demo accounts', async () => {
  const { body } = await app.client().call('GET /installation');
  expect(body).toEqual({ bureauName: '', setUpNeeded: true, demoAccounts: [] });
});

it('logs one code a start, by the first of several workers', async () => {
  const second = await startApp({ logger, beside: app, config: { workerIndex: 1 } });
  expect(codes()).toHaveLength(1);
  await second.close();
});

it('refuses a wrong code', async () => {
  const reply = await app.client().call('POST /setup', { body: first('AAAA-BBBB-CCCC') });
  expect(reply.problem).toMatchObject({ status: 403, code: 'wrong-setup-code' });
});

it('makes one administrator, however many send the code at once', async () => {
  const code = codes()[0]?.toLowerCase().replaceAll('-', '') ?? '';
  const clients = ['one', 'two', 'three', 'four'].map((name) => ({ name, client: app.client() }));
  const replies = await Promise.all(
    clients.map(({ name, client }) => client.call('POST /setup', { body: first(code, name) })),
  );
  expect(replies.map((reply) => reply.status).sort()).toEqual([200, 409, 409, 409]);
  expect(await app.prisma.account.count()).toBe(1);
  const winner = clients[replies.findIndex((reply) => reply.status === 200)];
  const me = await winner?.client.call('GET /me');
  expect(me?.body).toMatchObject({ name: '王建国', grants: [{ role: 'bureau' }] });
});

it('is over then: the code is gone, and the next start makes none', async () => {
  const late = await app.client().call('POST /setup', { body: first(codes()[0] ?? '') });
  expect(late.problem).toMatchObject({ status: 409, code: 'already-set-up' });
  const next = await startApp({ logger, beside: app });
  expect(codes()).toHaveLength(1);
  const { body } = await next.client().call('GET /installation');
  expect(body).toEqual({ bureauName: '区应急管理局', setUpNeeded: false, demoAccounts: [] });
  await next.close();
});

it('offers one demo account of each role in the demo', async () => {
  const demo = await startApp({ beside: app, config: { demo: true } });
  const { body } = await demo.client().call('GET /installation');
  expect(body.demoAccounts).toEqual(DEMO_ACCOUNTS);
  expect(new Set(body.demoAccounts.map((account) => account.role)).size).toBe(5);
  await demo.close();
});
