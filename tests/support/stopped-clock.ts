/** Stands still until it is moved. Epoch milliseconds. */
export interface TestClock {
  (): number;
  advance(ms: number): void;
}

export function stoppedClock(start: number): TestClock {
  let now = start;
  return Object.assign(() => now, {
    advance(ms: number) {
      now += ms;
    },
  });
}
