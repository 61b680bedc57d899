import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Result } from '#contract/api.ts';
import { verifySession } from '#server/attendance/verify.ts';
import { newId } from '#server/ids.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';
import { done } from '#tests/support/class.ts';
import { seedClass } from '#tests/support/classes.ts';
import type { District } from '#tests/support/district.ts';
import type { HttpClient } from '#tests/support/http-client.ts';
import { PresenceLearner } from '#tests/support/presence-learner.ts';
import { beat } from '#tests/support/room-entry.ts';

/* Two workers of one installation, whose clock stands still until it is moved. */

let app: TestApp;
let second: TestApp;
let district: District;
let sessionId: string;
let enterprise: HttpClient;
let phones = 0;

beforeAll(async () => {
  const ports: number[] = [];
  app = await startApp({ ports });
  second = await startApp({ ports, beside: app });
  district = await app.seedDistrict();
  enterprise = district.clients.enterprise;
});
afterAll(async () => {
  await second?.close();
  await app?.close();
});
beforeEach(async () => {
  // The clock has moved on, past the end of short-lived logins.
  await enterprise.call('POST /login/refresh');
  await district.clients.bureau.call('POST /login/refresh');
  ({ sessionId } = await seedClass(app, {
    title: '开工第一课',
    unitId: district.unitA.id,
    personId: district.personA.id,
    instructorAccountId: null,
  }));
  await app.prisma.screen.deleteMany({ where: { sessionId } });
});

/** Busy means that nothing was stored: it is sent again, as pages do. */
async function patiently<R extends { status: number }>(send: () => Promise<R>): Promise<R> {
  for (const end = Date.now() + 45_000; ; ) {
    const reply = await send();
    if (reply.status !== 503 || Date.now() > end) return reply;
  }
}

/** A screen's page without the picture. */
class ScreenPage {
  readonly id: string;
  #admission: Result<'POST /screens/:screenId/admission'>;
  #seq = 0;
  #played: number;

  private constructor(id: string, admission: Result<'POST /screens/:screenId/admission'>) {
    this.id = id;
    this.#admission = admission;
    this.#played = app.clock();
  }

  static async open(room = '一号会议室', declaredHeads: number | null = 15): Promise<ScreenPage> {
    const { id } = done(
      'screen',
      await enterprise.call('POST /sessions/:sessionId/screens', {
        params: { sessionId },
        body: { room, declaredHeads },
      }),
    );
    return new ScreenPage(id, await ScreenPage.#admit(id));
  }

  static async #admit(screenId: string) {
    const body = { deviceId: randomUUID() };
    return done(
      'admission',
      await enterprise.call('POST /screens/:screenId/admission', { params: { screenId }, body }),
    );
  }

  /** Its computer starts again. */
  async reload(): Promise<void> {
    this.#admission = await ScreenPage.#admit(this.id);
    this.#seq = 0;
    this.#played = app.clock();
  }

  async shown() {
    return done('screen', await enterprise.call('GET /screens/:screenId', { params: { screenId: this.id } }));
  }

  /** Reports what it played since the last time, up to now. */
  async report() {
    const from = this.#played;
    this.#played = app.clock();
    this.#seq += 1;
    return this.send([beat(this.#seq, from, (this.#played - from) / 1_000)]);
  }

  async send(beats: ReturnType<typeof beat>[]) {
    const body = { ticket: this.#admission.ticket, beats };
    return done('beats', await patiently(() => second.client().call('POST /beats', { body })));
  }

  roster(q?: string) {
    return enterprise.call('GET /screens/:screenId/roster', { params: { screenId: this.id }, query: { q } });
  }

  async byHand(personId: string) {
    return done(
      'sign-in',
      await patiently(() =>
        enterprise.call('POST /screens/:screenId/sign-ins', { params: { screenId: this.id }, body: { personId } }),
      ),
    );
  }
}

/** Somebody's phone, on which nobody is signed in. */
class Phone {
  readonly client = app.client();
  readonly deviceId = randomUUID();
  ticket = '';

  /** Opens the address that it scanned. */
  async scan(path: string) {
    const [, , screen = '', code = ''] = path.split('/');
    const reply = await this.client.call('POST /scans', { body: { screen, code } });
    if (reply.status === 200) this.ticket = reply.body.ticket;
    return reply;
  }

  find(q: string) {
    return this.client.call('POST /scans/people', { body: { ticket: this.ticket, q } });
  }

  signIn(who: { personId: string } | { name: string; phone: string }) {
    return this.client.call('POST /scans/sign-in', { body: { ticket: this.ticket, deviceId: this.deviceId, who } });
  }

  signOut(personId: string) {
    return this.client.call('POST /scans/sign-out', { body: { ticket: this.ticket, personId } });
  }
}

async function scanned(page: ScreenPage): Promise<Phone> {
  const phone = new Phone();
  expect((await phone.scan((await page.shown()).code.path)).status).toBe(200);
  return phone;
}

async function someone(name: string) {
  phones += 1;
  const id = newId();
  const phone = app.sealing.phone(`136${String(phones).padStart(8, '0')}`);
  await app.prisma.person.create({ data: { id, name, unitId: district.unitA.id, category: 'worker', ...phone } });
  return { id };
}

async function screens() {
  return done(
    'screens',
    await district.clients.bureau.call('GET /sessions/:sessionId/screens', { params: { sessionId } }),
  );
}

async function creditOf(personId: string): Promise<number> {
  const where = { sessionId_personId: { sessionId, personId } };
  return (await app.prisma.attendee.findUnique({ where }))?.creditedMs ?? 0;
}

/** The chain is whole, and everybody is credited with what the rule makes of its entries. */
async function expectTruth(): Promise<void> {
  const { faults } = await verifySession(app.pool, sessionId, { clock: app.clock });
  expect(faults).toEqual([]);
}

describe('opening a screen', () => {
  it('is for the administrator and whoever looks after safety, and shows two numbers that are never one', async () => {
    const page = await ScreenPage.open();
    const { screen, code, next, msLeft, names } = await page.shown();
    expect(screen).toMatchObject({ room: '一号会议室', declaredHeads: 15, signedIn: 0, unitName: '东湖机械有限公司' });
    expect(code.digits).toMatch(/^\d{6}$/);
    expect(next.path).not.toBe(code.path);
    expect(msLeft).toBeLessThanOrEqual(10_000);
    expect(names).toEqual([]);

    const params = { sessionId };
    const worker = await district.clients.learner.call('POST /sessions/:sessionId/screens', { params, body: {} });
    expect(worker.problem?.code).toBe('not-a-convenor');
    const principal = await district.joined(district.principalA, district.unitA.joinCode);
    expect((await principal.call('POST /sessions/:sessionId/screens', { params, body: {} })).status).toBe(200);
    // Their own phone leads the unit's other screens, too.
    expect((await principal.call('GET /screens/:screenId', { params: { screenId: page.id } })).status).toBe(200);
    const stranger = await district.joined(district.personB, district.unitB.joinCode);
    expect((await stranger.call('GET /screens/:screenId', { params: { screenId: page.id } })).status).toBe(403);
  });
});

describe('signing in with one’s own phone', () => {
  it('takes the code that is shown and the one before, and gives three minutes for one person', async () => {
    const page = await ScreenPage.open();
    const { path } = (await page.shown()).code;
    app.clock.advance(10_000);
    const phone = new Phone();
    const opened = await phone.scan(path);
    expect(opened.body).toMatchObject({ unitName: '东湖机械有限公司', room: '一号会议室', topic: '开工第一课' });

    // An old phone on a slow network.
    app.clock.advance(170_000);
    const found = await phone.find('张三');
    expect(found.body).toEqual([
      expect.objectContaining({
        personId: district.personA.id,
        name: '张*',
        phoneMasked: expect.stringContaining('****'),
      }),
    ]);
    const signed = await phone.signIn({ personId: district.personA.id });
    expect(signed.body).toMatchObject({ name: '张*', again: false });
    // Sent again by a network that lost the answer.
    expect((await phone.signIn({ personId: district.personA.id })).body).toMatchObject({ again: true });
    expect((await page.shown()).names).toEqual(['张*']);

    const next = await phone.signIn({ personId: district.principalA.id });
    expect(next.problem?.code).toBe('scan-used');
    app.clock.advance(10_001);
    expect((await phone.find('李四')).problem?.code).toBe('scan-ticket');
  });

  it('finds people by the last four digits, and adds who is not on the roster, marked', async () => {
    const page = await ScreenPage.open();
    const phone = await scanned(page);
    const last4 = district.personA.phone.slice(-4);
    expect((await phone.find(last4)).body.map(({ personId }) => personId)).toContain(district.personA.id);
    const added = await phone.signIn({ name: '𠮷田', phone: '13912340001' });
    expect(added.body).toMatchObject({ name: '𠮷*', again: false });
    const people = done(
      'people',
      await district.clients.bureau.call('GET /screens/:screenId/people', { params: { screenId: page.id } }),
    );
    expect(people).toEqual([expect.objectContaining({ name: '𠮷田', added: true, way: 'code', phoneSigned: 1 })]);
    expect(await screens()).toEqual([expect.objectContaining({ signedIn: 1, added: 1, declaredHeads: 15 })]);
  });

  it('refuses a forwarded picture, what is forged, another screen’s code and another unit’s people, each by its code', async () => {
    const page = await ScreenPage.open();
    const other = await ScreenPage.open('二号会议室');
    const { code, shortCode } = await page.shown();
    const phone = new Phone();
    const codeOf = async (path: string) => (await phone.scan(path)).problem?.code;
    expect(await codeOf(`/s/${shortCode}/${(await other.shown()).code.path.split('/').at(-1)}`)).toBe('scan-wrong');
    expect(await codeOf(`/s/${shortCode}/${code.path.split('/').at(-1)}x`)).toBe('scan-wrong');
    expect(await codeOf('/s/ZZZZZ/123456')).toBe('scan-wrong');
    expect(await codeOf(`/s/${shortCode.toLowerCase()}/${code.digits}`)).toBeUndefined();
    expect((await phone.signIn({ personId: district.personB.id })).problem?.code).toBe('not-of-this-unit');
    phone.ticket = `${phone.ticket}x`;
    expect((await phone.signIn({ personId: district.personA.id })).problem?.code).toBe('scan-ticket');
    app.clock.advance(60_000);
    expect(await codeOf(code.path)).toBe('scan-expired');
    expect(await codeOf(`/s/${shortCode}/${code.digits}`)).toBe('scan-expired');
    await enterprise.call('POST /screens/:screenId/close', { params: { screenId: page.id } });
    expect(await codeOf((await page.shown()).code.path)).toBe('screen-closed');
  });

  it('shows a phone that signs in several, and hides nobody', async () => {
    const page = await ScreenPage.open();
    const phone = new Phone();
    for (const { id } of [await someone('甲一'), await someone('甲二'), await someone('甲三')]) {
      await phone.scan((await page.shown()).code.path);
      expect((await phone.signIn({ personId: id })).status).toBe(200);
    }
    const own = await scanned(page);
    await own.signIn({ personId: district.personA.id });
    expect(await screens()).toEqual([expect.objectContaining({ signedIn: 4, sharedPhones: 1, bySharedPhones: 3 })]);
  });
});

describe('the convenor', () => {
  it('signs in twelve who have no phone, all at once, and out again', async () => {
    const page = await ScreenPage.open();
    const twelve = await Promise.all(Array.from({ length: 12 }, (_, n) => someone(`无机${n}`)));
    await Promise.all(twelve.map(({ id }) => page.byHand(id)));
    expect((await page.shown()).screen).toMatchObject({ signedIn: 12, present: 12 });
    const list = (await page.roster('无机')).body;
    expect(list.filter(({ present }) => present)).toHaveLength(12);

    const [first] = twelve;
    const params = { screenId: page.id };
    const body = { personId: first?.id ?? '' };
    expect((await enterprise.call('POST /screens/:screenId/sign-outs', { params, body })).status).toBe(200);
    const again = await enterprise.call('POST /screens/:screenId/sign-outs', { params, body });
    expect(again.problem?.code).toBe('not-signed-in-here');
    expect((await page.shown()).screen).toMatchObject({ signedIn: 12, present: 11 });
    await expectTruth();
  });
});

describe('the signed sheet and photographs', () => {
  const png = Buffer.from('89504e470d0a1a0a00', 'hex');

  it('are kept as they came, for the unit and the bureau, until the class is archived', async () => {
    const page = await ScreenPage.open();
    const params = { screenId: page.id };
    const add = (body: Buffer, name = '签到表 一.png') =>
      enterprise.call('POST /screens/:screenId/files', { params, query: { kind: 'sheet', name }, body } as never);
    const added = await add(png);
    expect(added.body).toEqual([
      expect.objectContaining({ kind: 'sheet', name: '签到表 一.png', type: 'image/png', bytes: png.length }),
    ]);
    expect((await add(Buffer.from('MZ'))).problem?.code).toBe('evidence-type');

    const [file] = done('files', await district.clients.bureau.call('GET /screens/:screenId/files', { params }));
    const path = `/api/v1/screens/${page.id}/file?fileId=${file?.id}`;
    const download = await district.clients.bureau.fetch(path);
    expect(Buffer.from(await download.arrayBuffer()).equals(png)).toBe(true);
    const worker = await district.clients.learner.fetch(path);
    expect(worker.status).toBe(403);

    await app.prisma.session.update({ where: { id: sessionId }, data: { state: 'archived' } });
    expect((await add(png)).problem?.code).toBe('record-closed');
  });
});

describe('a presence check', () => {
  const params = () => ({ sessionId });
  const checks = async () =>
    done(
      'checks',
      await district.clients.bureau.call('GET /sessions/:sessionId/presence-checks', { params: params() }),
    );

  async function open(): Promise<string> {
    const opened = await patiently(() =>
      district.clients.bureau.call('POST /sessions/:sessionId/presence-checks', { params: params() }),
    );
    return done('check', opened).id;
  }

  /** All that its time takes, with the screen playing from its beginning to its end. */
  async function through(page: ScreenPage): Promise<void> {
    for (const seconds of [20, 20, 20]) {
      app.clock.advance(seconds * 1_000);
      await page.report();
    }
    app.clock.advance(25_000);
    await expect.poll(async () => (await checks())[0]?.state, { timeout: 45_000, interval: 50 }).toBe('settled');
  }

  it('is met for everybody before a screen by the heads that its convenor counts', async () => {
    const page = await ScreenPage.open();
    const people = [await someone('清一'), await someone('清二')];
    for (const { id } of people) await page.byHand(id);
    app.clock.advance(30_000);
    await page.report();
    const checkId = await open();
    app.clock.advance(5_000);
    const counted = await enterprise.call('POST /screens/:screenId/counts', {
      params: { screenId: page.id },
      body: { checkId, heads: 3 },
    });
    // Three heads, two of them by name: the numbers stay apart.
    expect(counted.body).toMatchObject({ signedIn: 2, declaredHeads: 15, counted: { heads: 3, present: 2, checkId } });
    await through(page);
    expect((await checks())[0]).toMatchObject({ confirmed: 2, unconfirmed: 0 });
    for (const { id } of people) expect(await creditOf(id)).toBe(95_000);
    await expectTruth();
  });

  it('that nobody met takes the time of those who did not confirm by their own phone, until heads are counted', async () => {
    const page = await ScreenPage.open();
    const client = await district.joined(district.personA, district.unitA.joinCode);
    const own = await PresenceLearner.enter(app, client, sessionId);
    const { id } = await someone('漏确认');
    await page.byHand(id);
    await page.byHand(own.personId);
    app.clock.advance(30_000);
    await page.report();
    const checkId = await open();
    app.clock.advance(5_000);
    await own.confirm(checkId);
    await through(page);
    await own.socket.close();
    expect(await creditOf(id)).toBe(0);
    expect(await creditOf(own.personId)).toBe(95_000);
    expect((await page.shown()).missedFrom).not.toBeNull();

    const body = { heads: 2 };
    const late = await enterprise.call('POST /screens/:screenId/counts', {
      params: { screenId: page.id },
      body: { ...body, checkId },
    });
    expect(late.problem?.code).toBe('presence-closed');
    done(
      'count',
      await enterprise.call('POST /screens/:screenId/counts', {
        params: { screenId: page.id },
        body: { ...body, checkId: null },
      }),
    );
    expect((await page.shown()).missedFrom).toBeNull();
    app.clock.advance(15_000);
    await page.report();
    expect(await creditOf(id)).toBe(15_000);
    await expectTruth();
  });

  it('that was missed takes no more from who signs in anew, and nothing from who signs in or out while it asks', async () => {
    const page = await ScreenPage.open();
    const other = await ScreenPage.open('二号会议室');
    const [missing, arriving, leaving] = [await someone('再签到'), await someone('正签到'), await someone('正签退')];
    await page.byHand(missing.id);
    await page.byHand(leaving.id);
    app.clock.advance(30_000);
    await page.report();
    await open();
    app.clock.advance(10_000);
    await page.byHand(arriving.id);
    expect((await (await scanned(page)).signOut(leaving.id)).status).toBe(200);
    await through(page);
    await page.report();
    expect(await creditOf(leaving.id)).toBe(40_000);
    await expect.poll(() => creditOf(missing.id), { timeout: 15_000 }).toBe(0);
    expect(await creditOf(arriving.id)).toBe(85_000);

    // The other screen takes over.
    await other.report();
    await other.byHand(missing.id);
    app.clock.advance(15_000);
    await other.report();
    expect(await creditOf(missing.id)).toBe(15_000);
    await expectTruth();
  });
});

describe('credit', () => {
  it('is what the screen played between sign-in and sign-out', async () => {
    const page = await ScreenPage.open();
    const [early, late] = [await someone('早到'), await someone('晚到')];
    app.clock.advance(15_000);
    await page.report();
    await page.byHand(early.id);
    app.clock.advance(15_000);
    await page.report();
    const phone = await scanned(page);
    app.clock.advance(5_000);
    await phone.signIn({ personId: late.id });
    app.clock.advance(10_000);
    expect((await page.report()).creditedMs).toBe(45_000);
    app.clock.advance(10_000);
    const out = await scanned(page);
    expect((await out.signOut(late.id)).status).toBe(200);
    app.clock.advance(5_000);
    await page.report();
    expect(await creditOf(early.id)).toBe(45_000);
    expect(await creditOf(late.id)).toBe(20_000);
    // Nothing of what comes after they left.
    app.clock.advance(15_000);
    await page.report();
    expect(await creditOf(late.id)).toBe(20_000);
    expect(await creditOf(early.id)).toBe(60_000);
    await expectTruth();
  });

  it('is nothing while the screen stands still, and goes on when its computer starts again', async () => {
    const page = await ScreenPage.open();
    const { id } = await someone('等待');
    await page.byHand(id);
    app.clock.advance(15_000);
    await page.report();
    app.clock.advance(120_000);
    await page.reload();
    app.clock.advance(15_000);
    await page.report();
    expect(await creditOf(id)).toBe(30_000);
    await expectTruth();
  });

  it('takes a report that is sent again once, and one that comes late for what was played then', async () => {
    const page = await ScreenPage.open();
    const { id } = await someone('断网');
    await page.byHand(id);
    const from = app.clock();
    app.clock.advance(100_000);
    const kept = [beat(1, from, 40), beat(2, from + 40_000, 60)];
    await Promise.all([page.send(kept), page.send(kept)]);
    await page.send(kept.slice(0, 1));
    expect(await creditOf(id)).toBe(100_000);
    await expectTruth();
  });

  it('counts once whoever sits before two screens with their own phone playing, too', async () => {
    const [one, two] = [await ScreenPage.open('一号'), await ScreenPage.open('二号')];
    const client = await district.joined(district.personA, district.unitA.joinCode);
    const own = await PresenceLearner.enter(app, client, sessionId);
    await one.byHand(own.personId);
    app.clock.advance(30_000);
    await two.byHand(own.personId);
    app.clock.advance(30_000);
    await Promise.all([one.report(), two.report(), own.report()]);
    expect(await creditOf(own.personId)).toBe(60_000);
    await own.socket.close();
    // The phone is gone, one screen is closed: the other still counts.
    await enterprise.call('POST /screens/:screenId/close', { params: { screenId: one.id } });
    app.clock.advance(15_000);
    await Promise.all([one.report(), two.report()]);
    expect(await creditOf(own.personId)).toBe(75_000);
    expect((await one.shown()).screen).toMatchObject({ present: 0, signedIn: 1, closedAt: expect.any(String) });
    await expectTruth();
  });

  it('names whoever is credited in a record that somebody changed', async () => {
    const page = await ScreenPage.open();
    const { id } = await someone('被改');
    await page.byHand(id);
    app.clock.advance(15_000);
    await page.report();
    await app.pool.query(`update attendance_entry set "to" = "to" + 1000 where person_id = $1 and "to" > "from"`, [id]);
    const { faults } = await verifySession(app.pool, sessionId, { clock: app.clock });
    expect(faults.map(({ kind }) => kind)).toEqual(['changed', 'credit-changed']);
  });
});
