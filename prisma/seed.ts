import {
  AREAS,
  BUREAU_NAME,
  category,
  creditCode,
  personName,
  phone,
  type SeededUnit,
  UNITS,
} from '#scripts/demo/district.ts';
import type { DemoLearner } from '#scripts/demo/learners.ts';
import { type Features, holdPastClass } from '#scripts/demo/past-class.ts';
import { QUESTIONS } from '#scripts/demo/questions.ts';
import { DEMO_ACCOUNTS } from '#server/accounts/demo.ts';
import { createPasswords } from '#server/accounts/passwords.ts';
import { createFeatures } from '#server/app.ts';
import { SYSTEM } from '#server/audit.ts';
import type { Config, Secrets } from '#server/config.ts';
import { openDb } from '#server/db.ts';
import { newId } from '#server/ids.ts';
import { createLogger } from '#server/logger.ts';
import { createMetrics } from '#server/metrics/metrics.ts';
import { createSealing } from '#server/sealing.ts';
import type { Services } from '#server/services.ts';
import { createSignals } from '#server/signals.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** Place in the district of the unit that the demo's enterprise account keeps. */
const ENTERPRISE = 6;

/** The session that is live when the demo starts, the key to publish it with, and who will come. */
interface LiveClass {
  sessionId: string;
  streamKey: string;
  learners: DemoLearner[];
}

/**
 * Fills an empty installation with the demo's district, by the product's own services, so that everything in it is what
 * the product itself would have stored. An installation that has it already is left as it is.
 */
export async function seedDemo(databaseUrl: string, config: Config, secrets: Secrets): Promise<LiveClass> {
  const logger = createLogger('warn', 'seed');
  const db = openDb(databaseUrl, logger);
  let now = Date.now();
  const services: Services = {
    db,
    clock: () => now,
    logger,
    config,
    secrets,
    sealing: createSealing(secrets['phone-hash'], secrets['phone-cipher']),
    signals: createSignals(),
    metrics: createMetrics(0),
  };
  const features = createFeatures(services);
  // Nobody publishes yet; what media must know it asks when the publisher comes.
  features.media.close();
  try {
    const known = await liveClass(services, features);
    if (known) return known;
    const present = now;
    const units = await district(services, features);
    const instructorId = await accounts(services, units);
    await db.pool.query('analyze unit, person');

    await holdPastClass(features, units, {
      begins: startOfHour(present - 7 * DAY),
      setClock: (at) => {
        now = at;
      },
    });

    now = present;
    await firstLesson(features, instructorId, present);
    const made = await liveClass(services, features);
    if (!made) throw new Error('the demo’s class is not live');
    return made;
  } finally {
    await features.attendance.close();
    await features.quiz.close();
    await db.close();
  }
}

async function liveClass({ db }: Services, { courses }: Features): Promise<LiveClass | null> {
  const session = await db.prisma.session.findFirst({ where: { state: 'live' }, orderBy: { startedAt: 'desc' } });
  if (!session) return null;
  const codes = await db.prisma.unit.findMany({ select: { name: true, joinCode: true } });
  const codeOf = new Map(codes.map((unit) => [unit.name, unit.joinCode]));
  return { sessionId: session.id, streamKey: await courses.streamKey(session.id), learners: whoWillCome(codeOf) };
}

/** Most people of most units, one unit after the other; some units stay away, so that there is somebody to call. */
function whoWillCome(codeOf: ReadonlyMap<string, string>): DemoLearner[] {
  let n = 0;
  const byUnit = UNITS.map((unit, at) => {
    const people = Array.from({ length: unit.people }, () => n++);
    const joinCode = codeOf.get(unit.name);
    if (!joinCode || at % 6 === 5 || at === ENTERPRISE) return [];
    return people.map((person) => ({ joinCode, name: personName(person), phone: phone(person) }));
  });
  const longest = Math.max(...byUnit.map((people) => people.length));
  return Array.from({ length: longest }, (_, i) => byUnit.flatMap((people) => people[i] ?? [])).flat();
}

async function district({ db, clock }: Services, { organisations }: Features): Promise<SeededUnit[]> {
  await db.prisma.installation.upsert({
    where: { id: 1 },
    create: { id: 1, bureauName: BUREAU_NAME, setUpAt: new Date(clock()) },
    update: { bureauName: BUREAU_NAME },
  });
  const areaIds = new Map<string, string>();
  for (const { name, kind } of AREAS) {
    areaIds.set(name, (await organisations.createArea({ name, kind }, SYSTEM)).id);
  }
  let persons = 0;
  const units: SeededUnit[] = [];
  for (const [n, planned] of UNITS.entries()) {
    const { kind, name, industry, highRisk } = planned;
    const contact = persons + Math.min(1, planned.people - 1);
    const unit = await organisations.createUnit(
      {
        kind,
        name,
        industry,
        highRisk,
        creditCode: kind === 'enterprise' ? creditCode(n) : null,
        areaId: areaIds.get(planned.area) ?? '',
        address: null,
        contactName: personName(contact),
        contactPhone: phone(contact),
      },
      SYSTEM,
    );
    const people: string[] = [];
    for (let i = 0; i < planned.people; i++) {
      const person = {
        name: personName(persons),
        category: category(kind, i, highRisk),
        position: null,
        phone: phone(persons),
      };
      people.push((await organisations.createPerson(unit.id, person, SYSTEM)).id);
      persons += 1;
    }
    units.push({ id: unit.id, name, people });
  }
  return units;
}

/** The five accounts that the login page offers. Returns the instructor's. */
async function accounts({ db }: Services, units: SeededUnit[]): Promise<string> {
  const passwords = createPasswords();
  const enterprise = units[ENTERPRISE];
  if (!enterprise) throw new Error('the demo’s district has no enterprise');
  const area = await db.prisma.area.findFirstOrThrow({ where: { name: '滨港化工园区' } });
  const learner = await db.prisma.person.update({
    where: { id: enterprise.people[3] ?? '' },
    data: { name: DEMO_ACCOUNTS.find((account) => account.role === 'learner')?.name ?? '' },
  });
  let instructorId = '';
  for (const { role, name, login, password } of DEMO_ACCOUNTS) {
    const id = newId();
    if (role === 'instructor') instructorId = id;
    await db.prisma.account.create({
      data: {
        id,
        name: login,
        displayName: name,
        passwordHash: await passwords.hash(password),
        ...(role === 'learner' && { personId: learner.id }),
        ...(role !== 'learner' && {
          grants: {
            create: {
              id: newId(),
              role,
              areaId: role === 'supervisor' ? area.id : null,
              unitId: role === 'enterprise' ? enterprise.id : null,
            },
          },
        }),
      },
    });
  }
  return instructorId;
}

/** 开工第一课: six sessions, the first of which is live. */
async function firstLesson({ courses, quiz }: Features, instructorId: string, now: number): Promise<void> {
  const course = await courses.createCourse(
    {
      title: '开工第一课',
      summary: '节后复工安全生产云课堂：事故规律、风险防范、安全管理台账。',
      statutory: false,
      statutoryBasis: null,
      statutoryApprover: null,
      attendanceSeconds: 60,
      completePercent: 80,
      // An opening lesson asks nobody.
      presenceMinutes: 0,
      replayDays: 30,
    },
    new Date(Math.floor(now / (5 * MINUTE)) * 5 * MINUTE).toISOString(),
    SYSTEM,
  );
  for (const question of QUESTIONS) await quiz.addQuestion(course.id, { ...question, sessionId: null }, SYSTEM);
  for (const session of course.sessions) {
    await courses.updateSession(session.id, { instructorAccountId: instructorId, instructorName: '周文斌' }, SYSTEM);
    await courses.changeState(session.id, 'scheduled', SYSTEM);
  }
  const first = course.sessions[0];
  if (first) await courses.changeState(first.id, 'live', SYSTEM);
}

function startOfHour(at: number): number {
  return Math.floor(at / (60 * MINUTE)) * 60 * MINUTE;
}
