import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { Tokens } from '#media/tokens.ts';
import { makeBroadcast, playbackToken } from '#tests/support/media-run.ts';
import { stoppedClock } from '#tests/support/stopped-clock.ts';

const SECRET = 's'.repeat(64);
const broadcast = makeBroadcast();

function setting() {
  const clock = stoppedClock(Date.now());
  const seconds = () => Math.floor(clock() / 1_000);
  const token = (sub: string) => playbackToken(broadcast, { sub, iat: seconds(), exp: seconds() + 600 }, SECRET);
  return { clock, seconds, token, tokens: new Tokens(SECRET, clock) };
}

it('refuses what was issued before a denial and takes what is issued after it', () => {
  const { clock, seconds, token, tokens } = setting();
  const personId = randomUUID();
  const before = token(personId);
  expect(tokens.check(before, broadcast.prefix).sub).toBe(personId);
  tokens.deny({ personIds: [personId], issuedBefore: seconds() + 1 });
  expect(() => tokens.check(before, broadcast.prefix)).toThrow('playback token');
  clock.advance(1_000);
  expect(tokens.check(token(personId), broadcast.prefix).sub).toBe(personId);
  expect(tokens.check(token(randomUUID()), broadcast.prefix)).toBeDefined();
});

it('forgets denials when every token that they were about has expired', () => {
  const { clock, seconds, token, tokens } = setting();
  const [early, late] = [randomUUID(), randomUUID()];
  tokens.deny({ personIds: [early], issuedBefore: seconds() + 1 });
  const denied = token(early);
  clock.advance(603_000);
  tokens.deny({ personIds: [late], issuedBefore: seconds() + 1 });
  expect(tokens.denials()).toHaveLength(1);
  expect(() => tokens.check(denied, broadcast.prefix)).toThrow('playback token');
});
