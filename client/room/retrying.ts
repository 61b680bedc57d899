const FIRST_MS = 500;
const LONGEST_MS = 8_000;

/** Tries again after a growing wait of which a part is drawn at random. */
export function retrying(start: () => void) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  return {
    soon() {
      clearTimeout(timer);
      const wait = Math.min(FIRST_MS * 2 ** failures, LONGEST_MS);
      failures += 1;
      timer = setTimeout(start, wait * (0.5 + Math.random() / 2));
    },
    calm() {
      failures = 0;
    },
    stop() {
      clearTimeout(timer);
    },
  };
}
