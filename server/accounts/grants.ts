import type { Grant, Role } from '#contract/accounts.ts';
import { Industry } from '#contract/organisations.ts';
import { AppError } from '../errors.ts';

/**
 * Checks that every role comes with what it is held for and nothing else: a supervisor with an area or an industry, an
 * enterprise administrator with a unit, the others with none. Learner is no role to give: who is on a roster is one.
 * @throws AppError `bad-request` naming each wrong grant
 */
export function checkGrants(grants: Grant[]): void {
  const fields = grants.flatMap((grant, index) => {
    const message = problemOf(grant);
    return message ? [{ path: `grants.${index}`, message }] : [];
  });
  if (fields.length > 0)
    throw new AppError('bad-request', { fields: fields.map(({ path }) => path).join(', ') }, fields);
}

function problemOf({ role, areaId, industry, unitId }: Grant): string | undefined {
  if (role === 'learner') return 'learner-comes-from-the-roster';
  if (industry !== null && !Industry.safeParse(industry).success) return 'unknown-industry';
  const held = [areaId !== null && 'area', industry !== null && 'industry', unitId !== null && 'unit'].filter(Boolean);
  const wanted = SCOPES[role];
  const right = wanted.length === 0 ? held.length === 0 : held.length === 1 && wanted.includes(String(held[0]));
  return right ? undefined : `needs-${wanted.join('-or-') || 'no-scope'}`;
}

const SCOPES: Record<Role, string[]> = {
  bureau: [],
  supervisor: ['area', 'industry'],
  enterprise: ['unit'],
  instructor: [],
  learner: [],
};
