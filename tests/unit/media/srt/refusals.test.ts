import { pino } from 'pino';
import { expect, it } from 'vitest';
import { Refusals } from '#media/srt/refusals.ts';

it('remembers what was refused for as long as it is repeated, and says it once', () => {
  const log: string[] = [];
  let now = 0;
  const refusals = new Refusals(pino({ level: 'info' }, { write: (text) => void log.push(text) }), () => now);
  const wrong = { reason: 'wrong passphrase', code: 10 };
  for (let at = 0; at < 2_000; at += 1) refusals.add('an address', `handshake ${at}`, wrong);
  expect(refusals.of('an address', 'handshake 1999')).toEqual(wrong);
  // Somebody else of the same office, and the same from elsewhere.
  expect(refusals.of('an address', 'another handshake')).toBeNull();
  expect(refusals.of('another address', 'handshake 1999')).toBeNull();
  expect(log.length).toBe(1);
  refusals.add('an address', 'handshake', { reason: 'not encrypted', code: 11 });
  refusals.add('another address', 'handshake', wrong);
  expect(log.length).toBe(3);
  refusals.addUnknown('a key');
  expect(refusals.isUnknown('a key')).toBe(true);
  now = 10_000;
  expect(refusals.of('an address', 'handshake 1999')).toBeNull();
  expect(refusals.isUnknown('a key')).toBe(false);
  refusals.add('an address', 'handshake 1999', wrong);
  expect(log.length).toBe(4);
});
