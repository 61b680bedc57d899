import type { Classroom } from './classroom.ts';
import type { Day } from './day.ts';
import type { SharedScreen } from './screens.ts';

export interface Class {
  room: Classroom;
  day: Day;
  sessionId: string;
  startsAt: number;
  seconds: number;
  /** When its replay is watched. */
  replayAt: number;
  screens: SharedScreen[];
}

export interface Outcome {
  personId: string;
  kind: string;
  /** Seconds that are due to them; of a cheat the most that the rule gives for the time they took. */
  due: number;
  /** What they did. */
  story?: string[];
}
