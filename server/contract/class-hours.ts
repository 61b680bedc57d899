import type { INDUSTRIES, PERSON_CATEGORIES, UNIT_KINDS } from './plain.ts';

/*
 * Class hours (学时). The rule, as it stands on pages and in exports:
 *
 *   Of each session a person has the time that is credited to them there, once, however it was attended: live, replay or venue.
 *   法定学时 is the sum over sessions of courses that are marked 计入法定学时; 参训时长 is the sum over all sessions.
 *   A session belongs to the year in which it began, in Beijing. One class hour has 45 minutes; tenths of one are counted, the rest is left out.
 *   Due is what the regulation asks of the person's category and industry in that year; missing is due less 法定学时.
 *
 * Pure and without zod: the learner's pages carry this file.
 */

/** Hours due a year, by who it is. The five sectors are coal, non-coal mines, hazardous chemicals, fireworks and metal smelting. */
export interface HoursByGroup {
  managers: number;
  managersInSectors: number;
  workers: number;
  workersInSectors: number;
}

/** The regulation's figures as this installation has them. */
export interface ClassHourFigures {
  /** Of one class hour. */
  minutes: number;
  /** In the year of initial training (初次培训). */
  initial: HoursByGroup;
  /** In every other year (再培训). */
  yearly: HoursByGroup;
}

/** Who somebody is as far as hours go. */
export interface Trainee {
  unitKind: (typeof UNIT_KINDS)[number];
  category: (typeof PERSON_CATEGORIES)[number];
  industry: (typeof INDUSTRIES)[number] | null;
  /** It is the year of their initial training. */
  initial: boolean;
}

/** What is credited to a person in one session. */
export interface SessionTime {
  creditedMs: number;
  /** Of a course that is marked 计入法定学时. */
  statutory: boolean;
}

const SECTORS: readonly (string | null)[] = [
  'coal',
  'non_coal_mine',
  'hazardous_chemicals',
  'fireworks',
  'metal_smelting',
];

/** Class hours due in a year; 0 where the regulation asks for none: outside enterprises, and of workers in most trades after their first year. */
export function dueHours({ unitKind, category, industry, initial }: Trainee, figures: ClassHourFigures): number {
  if (unitKind !== 'enterprise') return 0;
  const groups = initial ? figures.initial : figures.yearly;
  const inSectors = SECTORS.includes(industry);
  switch (category) {
    case 'principal':
    case 'safety_manager':
      return inSectors ? groups.managersInSectors : groups.managers;
    case 'worker':
    case 'special_operator':
      return inSectors ? groups.workersInSectors : groups.workers;
    default:
      return 0;
  }
}

/** A person's time in a year, ms, of its sessions. */
export function timesOf(sessions: readonly SessionTime[]): { attendedMs: number; statutoryMs: number } {
  const sum = (some: readonly SessionTime[]) => some.reduce((total, { creditedMs }) => total + creditedMs, 0);
  return { attendedMs: sum(sessions), statutoryMs: sum(sessions.filter(({ statutory }) => statutory)) };
}

/** Class hours in a length of time, to a tenth, rounded down: nobody is told more than is credited. */
export function classHours(ms: number, minutesAnHour: number): number {
  return Math.floor(ms / (minutesAnHour * 6_000)) / 10;
}

/** Class hours that are missing, to a tenth: with {@link classHours} of `statutoryMs` exactly what is due, or nothing where that is done. */
export function missingHours(due: number, statutoryMs: number, minutesAnHour: number): number {
  return Math.max(0, Math.round(due * 10) - Math.floor(statutoryMs / (minutesAnHour * 6_000))) / 10;
}
