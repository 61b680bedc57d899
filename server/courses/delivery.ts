import type { Delivery, DeliveryChoice } from '#contract/courses.ts';

/** Below this share of the number from which it is a crowd, a class is taken back: who comes and goes must not switch it. */
const BACK_SHARE = 0.7;

/** How long a class has had too few devices for a crowd before it is taken back for the first time, ms. */
const DWELL_MS = 60_000;

/**
 * How a class is delivered: as the officer chose, or by how many devices are in the room.
 * @param crowdFrom devices from which a class is a crowd
 */
export function deliveryFor(choice: DeliveryChoice, now: Delivery, devices: number, crowdFrom: number): Delivery {
  if (choice !== 'auto') return choice;
  return devices >= (now === 'crowd' ? crowdFrom * BACK_SHARE : crowdFrom) ? 'crowd' : 'interactive';
}

/**
 * How long classes that are delivered to a crowd have been too small for it, as this worker counts. Twice as long for each time that
 * one was taken back: workers that do not hear each other count differently, and must not switch a class for ever.
 */
export class Dwell {
  #classes = new Map<string, { since: number | null; takenBack: number }>();

  /** It is small now. @param now epoch ms @returns whether it has been for long enough */
  isLong(sessionId: string, now: number): boolean {
    const { since, takenBack } = this.#classes.get(sessionId) ?? { since: null, takenBack: 0 };
    this.#classes.set(sessionId, { since: since ?? now, takenBack });
    return since !== null && now - since >= DWELL_MS * 2 ** takenBack;
  }

  /** It is not small, or no crowd's. */
  end(sessionId: string): void {
    const found = this.#classes.get(sessionId);
    if (found?.takenBack) found.since = null;
    else this.#classes.delete(sessionId);
  }

  tookBack(sessionId: string): void {
    const takenBack = this.#classes.get(sessionId)?.takenBack ?? 0;
    this.#classes.set(sessionId, { since: null, takenBack: takenBack + 1 });
  }

  forget(sessionId: string): void {
    this.#classes.delete(sessionId);
  }
}
