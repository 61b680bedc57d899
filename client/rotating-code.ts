import { useEffect, useState } from 'react';

interface Code {
  /** Of the address in the QR code. */
  path: string;
  digits: string;
}

/** A code that changes, and the next one, as the server said some time ago. */
export interface ShownCode {
  code: Code;
  next: Code;
  msLeft: number;
  stepMs: number;
}

const TICK_MS = 250;

/**
 * The code of this moment, and for how long it is one; null when the server was not heard for too long.
 * @param heardAt when `shown` came, by this device's clock, epoch ms
 */
export function useCodeOfNow(shown: ShownCode | undefined, heardAt: number): { code: Code | null; leftMs: number } {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return shown ? codeAfter(shown, Math.max(0, now - heardAt)) : { code: null, leftMs: 0 };
}

function codeAfter({ code, next, msLeft, stepMs }: ShownCode, pastMs: number) {
  if (pastMs < msLeft) return { code, leftMs: msLeft - pastMs };
  const left = msLeft + stepMs - pastMs;
  return left > 0 ? { code: next, leftMs: left } : { code: null, leftMs: 0 };
}

/** Digits in groups that can be read out. */
export function grouped(digits: string): string {
  return [digits.slice(0, 3), digits.slice(3, 6), digits.slice(6)].filter(Boolean).join(' ');
}
