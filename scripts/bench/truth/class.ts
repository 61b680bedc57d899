import type { Classroom } from './classroom.ts';
import type { Day } from './day.ts';

/** A class, as those see it who make its day. */
export interface Setting {
  room: Classroom;
  day: Day;
  sessionId: string;
  startsAt: number;
  seconds: number;
  /** When its replay is watched. */
  replayAt: number;
}

export interface Outcome {
  personId: string;
  kind: string;
  /** Seconds that are due to them; of a cheat the most that the rule gives for the time they took. */
  due: number;
  /** What they did. */
  story?: string[];
}
