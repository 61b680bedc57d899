import { createHash } from 'node:crypto';
import type { Industry, PersonCategory, UnitKind } from '#contract/organisations.ts';
import type { Db } from '#server/db.ts';
import { newId } from '#server/ids.ts';
import { newJoinCode } from '#server/organisations/secrets.ts';

/** Who somebody was in a session. Indexes point into the plan's lists. */
export interface PlannedAttendee {
  person: number;
  session: number;
  due: boolean;
  creditedMs: number;
  /** How they attended; without it live. */
  way?: 'live' | 'replay' | 'venue' | undefined;
  /** Devices on which they played; people share them. */
  devices: number[];
}

export interface DistrictPlan {
  areas: number;
  units: { area: number; kind: UnitKind; industry: Industry | null; highRisk: boolean }[];
  people: { unit: number; category: PersonCategory }[];
  /** Planned minutes of each session; all of them are over. */
  sessions: number[];
  attendees: PlannedAttendee[];
  attempts: { person: number; session: number; passed: boolean }[];
}

export interface BuiltDistrict {
  courseId: string;
  areaIds: string[];
  unitIds: string[];
  personIds: string[];
  sessionIds: string[];
}

export const ATTENDANCE_SECONDS = 60;
export const COMPLETE_PERCENT = 80;
export const START = Date.parse('2027-02-01T01:00:00Z');
let serial = 0;

/** Writes a district with a course that its people alone are invited to, and what is recorded of its sessions. */
export async function buildDistrict({ prisma }: Db, plan: DistrictPlan): Promise<BuiltDistrict> {
  serial += 1;
  const areaIds = Array.from({ length: plan.areas }, newId);
  const unitIds = plan.units.map(newId);
  const personIds = plan.people.map(newId);
  const sessionIds = plan.sessions.map(newId);
  const courseId = newId();
  const idOf = (ids: string[], index: number) => ids[index] ?? '';

  await prisma.area.createMany({
    data: areaIds.map((id, i) => ({ id, name: `街道 ${serial}-${i}`, position: plan.areas - i })),
  });
  await prisma.unit.createMany({
    data: plan.units.map(({ area, ...unit }, i) => ({
      ...unit,
      id: idOf(unitIds, i),
      name: `单位 ${i}`,
      areaId: idOf(areaIds, area),
      joinCode: newJoinCode(),
    })),
  });
  await prisma.person.createMany({
    data: plan.people.map(({ unit, category }, i) => ({
      id: idOf(personIds, i),
      unitId: idOf(unitIds, unit),
      name: `人员 ${i}`,
      category,
    })),
  });
  await prisma.course.create({
    data: {
      id: courseId,
      title: '开工第一课',
      attendanceSeconds: ATTENDANCE_SECONDS,
      completePercent: COMPLETE_PERCENT,
      audience: { create: { id: newId(), areaIds } },
      sessions: {
        create: plan.sessions.map((plannedMinutes, i) => ({
          id: idOf(sessionIds, i),
          number: i + 1,
          topic: `第 ${i + 1} 讲`,
          startsAt: new Date(START),
          startedAt: new Date(START + i),
          endedAt: new Date(START + i + plannedMinutes * 60_000),
          plannedMinutes,
          state: 'ended' as const,
          peakDevices: i * 10,
          streamKeyHash: createHash('sha256').update(idOf(sessionIds, i)).digest(),
          streamKeyCipher: Buffer.alloc(1),
          paper: {
            create: { id: idOf(sessionIds, i), title: '测验', publishedAt: new Date(START) },
          },
        })),
      },
    },
  });
  await prisma.attendee.createMany({
    data: plan.attendees.map(({ person, session, due, creditedMs, way = 'live' }) => {
      const { unit, category } = at(plan.people, person);
      const { area, kind, industry, highRisk } = at(plan.units, unit);
      return {
        sessionId: idOf(sessionIds, session),
        personId: idOf(personIds, person),
        unitId: idOf(unitIds, unit),
        areaId: idOf(areaIds, area),
        unitKind: kind,
        industry,
        highRisk,
        category,
        due,
        creditedMs,
        [`${way}Ms`]: creditedMs,
        firstJoinedAt: creditedMs > 0 ? new Date(START) : null,
      };
    }),
  });
  const deviceIds = Array.from({ length: 10 }, newId);
  await prisma.connection.createMany({
    data: plan.attendees.flatMap(({ person, session, devices, creditedMs }) =>
      devices.map((device) => ({
        id: newId(),
        sessionId: idOf(sessionIds, session),
        personId: idOf(personIds, person),
        deviceId: idOf(deviceIds, device),
        openedAt: new Date(START),
        lastBeatAt: new Date(START),
        acceptedMs: creditedMs,
      })),
    ),
  });
  const numbers = new Map<string, number>();
  await prisma.attempt.createMany({
    data: plan.attempts.map(({ person, session, passed }) => {
      const key = `${person}:${session}`;
      const number = (numbers.get(key) ?? 0) + 1;
      numbers.set(key, number);
      return {
        id: newId(),
        paperId: idOf(sessionIds, session),
        personId: idOf(personIds, person),
        number,
        startedAt: new Date(START),
        submittedAt: new Date(START),
        points: passed ? 8 : 3,
        pointsMax: 10,
        passed,
      };
    }),
  });
  return { courseId, areaIds, unitIds, personIds, sessionIds };
}

export function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new Error(`there is no item ${index}`);
  return item;
}
