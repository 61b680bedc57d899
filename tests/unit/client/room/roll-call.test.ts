import { afterEach, describe, expect, it, vi } from 'vitest';
import { answerRollCall, rollCall } from '#client/room/roll-call.ts';

describe('the roll call of pages in a room', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('finds those that are there, and not those that left', async () => {
    const leave = ['first', 'second', 'third'].map(answerRollCall);
    leave[1]?.();
    expect(await rollCall()).toEqual(new Set(['first', 'third']));
    for (const each of leave) each();
  });

  it('can’t tell where pages can’t talk to each other', async () => {
    vi.stubGlobal('BroadcastChannel', undefined);
    answerRollCall('first')();
    expect(await rollCall()).toBeNull();
  });
});
