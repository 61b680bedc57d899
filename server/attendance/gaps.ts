import type pg from 'pg';
import { recorrect } from './correction-store.ts';
import { attendedOf, creditOf, gapsOf } from './presence.ts';
import * as presence from './presence-store.ts';
import type { AttendeeRow } from './store.ts';

/** Works out anew, from the record, what missed checks take away from these people, and what is left. They are changed in place. */
export async function takeGaps(client: pg.PoolClient, sessionId: string, people: AttendeeRow[]): Promise<void> {
  if (people.length === 0) return;
  const ids = people.map(({ personId }) => personId);
  const facts = await presence.facts(client, sessionId, ids);
  const lookedBack = people.filter((person) => person.lookedBack).map(({ personId }) => personId);
  const spans = await presence.attended(client, sessionId, lookedBack);
  for (const person of people) {
    const { misses, signs } = facts.get(person.personId) ?? { misses: [], signs: [] };
    person.gaps = gapsOf(misses, signs);
    const attended = spans.get(person.personId);
    if (attended) person.coverage = attendedOf(attended, person.gaps);
    person.creditedMs = creditOf(person).creditedMs;
  }
  await recorrect(client, sessionId, people);
}
