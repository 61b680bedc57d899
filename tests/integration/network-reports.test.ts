import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { NetworkFigures } from '#contract/network.ts';
import { newId } from '#server/ids.ts';
import { createNetworkReports } from '#server/network/service.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';
import { done } from '#tests/support/class.ts';
import { seedClass } from '#tests/support/classes.ts';
import type { District } from '#tests/support/district.ts';
import type { HttpClient } from '#tests/support/http-client.ts';
import { networkFigures } from '#tests/support/network-figures.ts';

/* Network checks that learners send, and who reads them. */

const DAY_MS = 86_400_000;
const SLOW = networkFigures({ speed: { segments: 2, lost: 0, bytes: 90_000, kbps: 300, slowestKbps: 280 } });
const BLOCKED = networkFigures({ media: { state: 'unreachable', status: null, ms: null, found: null }, speed: null });

let app: TestApp;
let district: District;
let params: { sessionId: string };
let learnerB: HttpClient;
let official: HttpClient;

beforeAll(async () => {
  app = await startApp();
  district = await app.seedDistrict();
  const { unitA, unitB, government, personA, personB } = district;
  const of = { title: '开工第一课', unitId: unitA.id, personId: personA.id, instructorAccountId: null };
  const { sessionId, courseId } = await seedClass(app, of);
  params = { sessionId };
  const unitIds = [unitA.id, unitB.id, government.id];
  await app.prisma.audienceRule.updateMany({ where: { courseId }, data: { unitIds } });
  learnerB = await district.joined(personB, unitB.joinCode);
  official = await district.joined(district.official, government.joinCode);
});
beforeEach(() => app.prisma.networkReport.deleteMany());
afterAll(() => app.close());

const KEY = '/sessions/:sessionId/network-reports' as const;
const send = (client: HttpClient, figures: NetworkFigures, id = newId()) =>
  client.call(`POST ${KEY}`, { params, body: { id, figures } });
const read = async (client: HttpClient, query = {}) =>
  done('reports', await client.call(`GET ${KEY}`, { params, query }));

it('what is sent is stored, with our verdict and a short number, and once however often it is sent', async () => {
  const { clients, personA, unitA } = district;
  const id = newId();
  const replies = await Promise.all([1, 2, 3].map(() => send(clients.learner, SLOW, id)));
  const [first] = replies.map((reply) => done('report', reply));
  expect(first).toEqual({ number: expect.any(Number), verdict: 'sound-only' });
  expect(new Set(replies.map((reply) => reply.body.number)).size).toBe(1);
  const { items, total } = await read(clients.bureau);
  expect(total).toBe(1);
  expect(items[0]).toEqual({
    id,
    number: first?.number,
    verdict: 'sound-only',
    personName: personA.name,
    unitName: unitA.name,
    figures: SLOW,
    userAgent: expect.any(String),
    address: '127.0.0.1',
    sentAt: new Date(app.clock()).toISOString(),
  });
});

it('the bureau reads all, others those of their own, and who is not invited or no officer none', async () => {
  const { clients, personA, personB } = district;
  await send(clients.learner, BLOCKED);
  await send(learnerB, SLOW);
  await send(official, networkFigures());
  const names = async (client: HttpClient) => (await read(client)).items.map(({ personName }) => personName);
  expect(await names(clients.bureau)).toEqual([district.official.name, personB.name, personA.name]);
  expect(await names(clients.supervisor)).toEqual([district.official.name, personA.name]);
  expect(await names(clients.enterprise)).toEqual([personA.name]);
  expect((await read(clients.enterprise)).verdicts).toEqual([{ verdict: 'media-blocked', people: 1 }]);
  for (const client of [clients.instructor, clients.learner])
    expect((await client.call(`GET ${KEY}`, { params })).problem?.code).toBe('forbidden');
  expect((await send(clients.bureau, SLOW)).problem?.code).toBe('forbidden');
  expect((await send(app.client(), SLOW)).problem?.code).toBe('not-signed-in');
});

it('people are counted once, by their newest report; units are named where somebody is in trouble', async () => {
  const { clients, unitA, unitB, principalA } = district;
  const principal = await district.joined(principalA, unitA.joinCode);
  await send(clients.learner, networkFigures());
  await send(clients.learner, SLOW);
  await send(principal, SLOW);
  await send(learnerB, BLOCKED);
  await send(learnerB, networkFigures());
  await send(official, BLOCKED);
  const { verdicts, units, total } = await read(clients.bureau);
  expect(total).toBe(6);
  expect(verdicts).toEqual([
    { verdict: 'good', people: 1 },
    { verdict: 'sound-only', people: 2 },
    { verdict: 'media-blocked', people: 1 },
  ]);
  expect(units.map(({ unitName, people }) => [unitName, people])).toEqual([
    [unitA.name, 2],
    [district.government.name, 1],
  ]);
  const filtered = await read(clients.bureau, { verdict: 'good', unitId: unitB.id, pageSize: 1 });
  expect([filtered.total, filtered.items.map(({ unitName }) => unitName)]).toEqual([1, [unitB.name]]);
});

it('nobody takes somebody else’s report by its id, and nobody sends more than ten an hour', async () => {
  const { clients } = district;
  const id = newId();
  await send(clients.learner, SLOW, id);
  expect((await send(learnerB, SLOW, id)).problem?.code).toBe('forbidden');
  const many = await Promise.all(Array.from({ length: 12 }, () => send(clients.learner, SLOW)));
  expect(many.filter(({ status }) => status === 200)).toHaveLength(9);
  expect(new Set(many.flatMap(({ problem }) => problem?.code ?? []))).toEqual(new Set(['rate-limited']));
  // What is stored already is acked again all the same, and others are not held up.
  expect((await send(clients.learner, SLOW, id)).status).toBe(200);
  expect((await send(learnerB, SLOW)).status).toBe(200);
  app.clock.advance(3_600_001);
  const later = await district.joined(district.personA, district.unitA.joinCode);
  expect((await send(later, SLOW)).status).toBe(200);
});

it.each([
  ['no figures', undefined],
  ['a verdict of its own', { verdict: 'good' }],
  ['a text of another size', networkFigures({ line: 'x'.repeat(81) })],
  ['markup that is no ASCII', networkFigures({ line: '网络' })],
  ['a line break', networkFigures({ line: 'a\nb' })],
  ['a thousand errors', { ...networkFigures(), playing: { ...playing(), errors: Array(1_000).fill('e') } }],
  ['endless speed', networkFigures({ speed: { segments: 1, lost: 0, bytes: 1, kbps: 1e300, slowestKbps: 0 } })],
  ['a negative time', networkFigures({ media: { state: 'reached', status: 200, ms: -1, found: null } })],
  ['a state that is none', { ...networkFigures(), media: { state: 'odd', status: null, ms: null, found: null } }],
  ['nothing sent', networkFigures({ api: { sent: 0, lost: 0, medianMs: null, longestMs: null, jitterMs: null } })],
])('%s is refused', async (_, figures) => {
  const client = await district.joined(district.personA, district.unitA.joinCode);
  expect((await send(client, figures as NetworkFigures)).problem?.code).toBe('bad-request');
  expect(await app.prisma.networkReport.count()).toBe(0);
});

it('is deleted after thirty days, and not before', async () => {
  const client = await district.joined(district.personA, district.unitA.joinCode);
  done('report', await send(client, SLOW));
  const { prisma, pool, clock } = app;
  const reports = createNetworkReports({ db: { prisma, pool, close: async () => undefined }, clock });
  app.clock.advance(30 * DAY_MS);
  expect(await reports.removeOld()).toBe(0);
  app.clock.advance(1);
  expect(await reports.removeOld()).toBe(1);
});

function playing() {
  return { stalls: 1, stalledMs: 1, lines: null, latencyMs: null, errors: [] };
}
