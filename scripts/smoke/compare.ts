import type { Report } from '#contract/reports.ts';
import type { ExportedPerson } from './exports.ts';

/** What the learners know themselves of the class. */
export interface Record {
  name: string;
  playedMs: number;
}

export interface Seen {
  framesPlayed: number;
  latencyMs: number | null;
  complaints: string[];
  report: Report;
  /** Credited seconds by name, as the report lists people. */
  people: { personName: string; creditedSeconds: number; present: boolean }[];
  answersStored: number;
  workbook: ExportedPerson[];
  csv: ExportedPerson[];
}

export interface Done {
  attendanceSeconds: number;
  beatMs: number;
  invited: number;
  answers: number;
  /** With a socket of their own, so that what they played is known exactly. */
  records: Record[];
  /** Who watched in the browser. */
  browser: string;
}

const MIN_FRAMES = 200;
const MAX_LATENCY_MS = 6_000;

/** What the installation says against what was done; one line for each thing that is wrong. */
export function mismatches(done: Done, seen: Seen): string[] {
  const wrong: string[] = [...seen.complaints];
  const expect = (what: string, actual: unknown, expected: unknown) => {
    if (actual !== expected) wrong.push(`${what}: ${actual}, not ${expected}`);
  };
  if (seen.framesPlayed < MIN_FRAMES) wrong.push(`frames played: ${seen.framesPlayed}, fewer than ${MIN_FRAMES}`);
  if (seen.latencyMs === null) wrong.push('the clock in the picture was never readable');
  else if (seen.latencyMs > MAX_LATENCY_MS) wrong.push(`latency: ${seen.latencyMs} ms, over ${MAX_LATENCY_MS}`);

  const attending = done.records.filter(({ playedMs }) => playedMs >= done.attendanceSeconds * 1_000).length + 1;
  const { totals } = seen.report;
  expect('due', totals.due, done.invited);
  expect('attendances', totals.attendances, attending);
  expect('present', totals.present, attending);
  expect('answers stored', seen.answersStored, done.answers);
  expect('people listed', seen.people.length, done.invited);
  expect('rows of the workbook', seen.workbook.length, done.invited);
  expect('rows of the CSV', seen.csv.length, done.invited);

  const listed = new Map(seen.people.map((person) => [person.personName, person.creditedSeconds]));
  for (const { name, playedMs } of done.records) {
    const credited = listed.get(name) ?? 0;
    if (Math.abs(credited * 1_000 - playedMs) > done.beatMs) {
      wrong.push(`credited to ${name}: ${credited} s; they played ${(playedMs / 1_000).toFixed(1)} s`);
    }
  }
  if ((listed.get(done.browser) ?? 0) < done.attendanceSeconds) {
    wrong.push(`credited to the browser's ${done.browser}: ${listed.get(done.browser)} s`);
  }
  const sum = seen.people.reduce((total, person) => total + person.creditedSeconds, 0);
  expect('credited seconds, total against people', totals.creditedSeconds, sum);
  for (const [file, rows] of [
    ['workbook', seen.workbook],
    ['CSV', seen.csv],
  ] as const) {
    for (const { name, creditedSeconds } of rows) {
      // Exports show minutes with one decimal.
      if (Math.abs(creditedSeconds - (listed.get(name) ?? 0)) > 4) {
        wrong.push(`${file}: ${name} has ${creditedSeconds} s, the report ${listed.get(name)} s`);
      }
    }
  }
  return wrong;
}
