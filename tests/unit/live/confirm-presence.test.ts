import { expect, test } from 'vitest';
import { createLive, type LiveNeeds } from '#server/live/service.ts';
import type { Services } from '#server/services.ts';

test('a crowd that confirms reads nothing of its own: whether the class is over stands in the room that is kept for all', async () => {
  const confirmed: string[] = [];
  let endedAt: string | null = null;
  const replayed: string[] = [];
  // Everything else is missing, so that touching it fails.
  const needs = {
    rooms: { snapshot: async () => ({ endedAt }) },
    attendance: { confirmInReplay: async ({ personId }: { personId: string }) => void replayed.push(personId) },
    confirmInClass: async ({ personId }: { personId: string }) => void confirmed.push(personId),
  } as unknown as LiveNeeds;
  const live = createLive({ clock: () => 0, secrets: {} } as unknown as Services, needs);
  const confirm = (personId: string, issuedAt: number) =>
    live.confirmPresence({ sessionId: 's', personId, connId: 'c', issuedAt } as never, {} as never);

  await Promise.all(Array.from({ length: 100 }, (_, n) => confirm(`p${n}`, 1_000)));
  expect(confirmed).toHaveLength(100);
  endedAt = new Date(2_000).toISOString();
  await confirm('before its end', 1_999);
  await confirm('in its replay', 3_000);
  expect(confirmed.at(-1)).toBe('before its end');
  expect(replayed).toEqual(['in its replay']);
});
