import type { Delivery, DeliveryChoice } from '#contract/courses.ts';

/** Below this share of the number from which it is a crowd, a class is taken back: who comes and goes must not switch it. */
const BACK_SHARE = 0.7;

/**
 * How a class is delivered: as the officer chose, or by how many devices are in the room.
 * @param crowdFrom devices from which a class is a crowd
 */
export function deliveryFor(choice: DeliveryChoice, now: Delivery, devices: number, crowdFrom: number): Delivery {
  if (choice !== 'auto') return choice;
  return devices >= (now === 'crowd' ? crowdFrom * BACK_SHARE : crowdFrom) ? 'crowd' : 'interactive';
}
