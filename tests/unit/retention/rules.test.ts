import { expect, it } from 'vitest';
import { networkDueAt, recordDueAt } from '#server/retention/rules.ts';

const PERIODS = { networkLogsDays: 184, recordsYears: 3, specialRecordsYears: 6 };
const at = (text: string) => Date.parse(text);

it.each([
  ['2026-02-08T03:00:00Z', 'general', '2029-02-08T03:00:00Z'],
  ['2026-02-08T03:00:00Z', 'special', '2032-02-08T03:00:00Z'],
  ['2028-02-29T03:00:00Z', 'general', '2031-03-01T03:00:00Z'],
] as const)('a record of %s of the class %s is kept until %s', (ended, recordClass, due) => {
  expect(recordDueAt(at(ended), recordClass, PERIODS)).toBe(at(due));
});

it('network logs are kept so many days', () => {
  expect(networkDueAt(at('2026-02-08T03:00:00Z'), PERIODS)).toBe(at('2026-08-11T03:00:00Z'));
});
