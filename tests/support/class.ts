import { setTimeout as delay } from 'node:timers/promises';
import { creditCheckSymbol } from '#contract/codes.ts';
import { HttpClient, type Reply } from './http-client.ts';
import type { Publisher } from './publish.ts';

export interface RosterEntry {
  id: string;
  name: string;
  phone: string;
  unitId: string;
  joinCode: string;
}

export interface ScheduledClass {
  bureau: HttpClient;
  courseId: string;
  sessionId: string;
  questionId: string;
  /** Of the enterprises, in the order of their units. */
  people: RosterEntry[];
  /** Server and key as one address, for ffmpeg. */
  rtmpUrl: string;
}

interface ClassPlan {
  enterprises: number;
  peopleEach: number;
  attendanceSeconds: number;
}

const PASSWORD = 'anke-class-2026';

/**
 * Takes a fresh installation as far as a scheduled class, by its public API alone: first administrator, two areas,
 * enterprises with their rosters, a course that invites everybody, one question, one session that starts now.
 * @throws Error naming the step that was refused
 */
export async function scheduleClass(url: string, setupCode: string, plan: ClassPlan): Promise<ScheduledClass> {
  const bureau = new HttpClient(url);
  const administrator = { accountName: 'bureau', displayName: '区应急管理局', password: PASSWORD };
  done(
    'set-up',
    await bureau.call('POST /setup', { body: { code: setupCode, bureauName: '临江区', ...administrator } }),
  );

  const areas = [];
  for (const name of ['城东街道', '滨港化工园区']) {
    const kind = name.endsWith('街道') ? 'street' : 'zone';
    areas.push(done('area', await bureau.call('POST /areas', { body: { name, kind } })).id);
  }
  const people: RosterEntry[] = [];
  for (let n = 0; n < plan.enterprises; n += 1) {
    const body = {
      kind: 'enterprise' as const,
      name: `临江第${n + 1}机械有限公司`,
      creditCode: creditCode(n),
      areaId: areas[n % areas.length] ?? '',
      industry: 'machinery' as const,
    };
    const unit = done('unit', await bureau.call('POST /units', { body }));
    for (let each = 0; each < plan.peopleEach; each += 1) {
      const name = `职工${'甲乙丙丁戊己庚辛壬癸'.charAt(each)}${n + 1}`;
      const phone = `1380000${String(n * 100 + each).padStart(4, '0')}`;
      const category = each === 0 ? ('principal' as const) : ('worker' as const);
      const params = { unitId: unit.id };
      const person = await bureau.call('POST /units/:unitId/people', { params, body: { name, category, phone } });
      people.push({ id: done('person', person).id, name, phone, unitId: unit.id, joinCode: unit.joinCode });
    }
  }

  const course = done(
    'course',
    await bureau.call('POST /courses', {
      body: {
        title: '安全生产云课堂',
        attendanceSeconds: plan.attendanceSeconds,
        completePercent: 80,
        presenceMinutes: 0,
      },
    }),
  );
  const params = { courseId: course.id };
  done('audience', await bureau.call('PUT /courses/:courseId/audience', { params, body: { rules: [{}] } }));
  const question = {
    kind: 'true_false' as const,
    stem: '有限空间作业应当先通风、再检测、后作业。',
    options: ['正确', '错误'],
    answer: [0],
  };
  const asked = done('question', await bureau.call('POST /courses/:courseId/questions', { params, body: question }));
  const times = { startsAt: new Date().toISOString(), plannedMinutes: 5 };
  const body = { topic: '有限空间作业', ...times };
  const session = done('session', await bureau.call('POST /courses/:courseId/sessions', { params, body }));
  await changeState({ bureau, sessionId: session.id }, 'scheduled');
  const key = await bureau.call('GET /sessions/:sessionId/stream-key', { params: { sessionId: session.id } });
  const stream = done('stream key', key);
  return {
    bureau,
    courseId: course.id,
    sessionId: session.id,
    questionId: asked.id,
    people,
    rtmpUrl: `${stream.server}/${stream.key}`,
  };
}

/** @throws Error when it is refused */
export async function changeState(
  { bureau, sessionId }: Pick<ScheduledClass, 'bureau' | 'sessionId'>,
  to: 'scheduled' | 'live' | 'ended',
): Promise<void> {
  const params = { sessionId };
  done(`to ${to}`, await bureau.call('POST /sessions/:sessionId/state', { params, body: { to } }));
}

/** Whether the session's stream arrives. */
export async function isPublishing({
  bureau,
  sessionId,
}: Pick<ScheduledClass, 'bureau' | 'sessionId'>): Promise<boolean> {
  return done('stream', await bureau.call('GET /sessions/:sessionId/stream', { params: { sessionId } })).publishing;
}

/** The answer of a call. @throws Error with the refusal's words */
export function done<T>(what: string, reply: Reply<T>): T {
  if (reply.status < 300) return reply.body;
  throw new Error(`${what}: ${reply.status} ${reply.problem?.detail ?? ''} ${JSON.stringify(reply.problem ?? {})}`);
}

export interface StubbornPublisher {
  /** How often it had to connect. */
  connections(): number;
  stop(): Promise<void>;
}

/** Publishes for as long as it is not stopped, as OBS does: after a break it connects again. */
export function keepPublishing(start: () => Publisher): StubbornPublisher {
  const stopping = new AbortController();
  let publisher = start();
  let connections = 1;
  const running = (async () => {
    for (;;) {
      await publisher.exited;
      const waited = await delay(500, true, { signal: stopping.signal }).catch(() => false);
      if (!waited) return;
      publisher = start();
      connections += 1;
    }
  })();
  return {
    connections: () => connections,
    async stop() {
      stopping.abort();
      publisher.kill();
      await running;
    },
  };
}

/** A valid 统一社会信用代码 of an invented enterprise. */
function creditCode(n: number): string {
  const first17 = `91990100MA${String(n).padStart(3, '0')}XK00`;
  return first17 + creditCheckSymbol(first17);
}
