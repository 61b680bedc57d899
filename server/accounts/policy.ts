import type { Role } from '#contract/accounts.ts';
import { AppError } from '../errors.ts';
import type { Principal, Visibility } from './principal.ts';

/**
 * How far a role's permission reaches.
 * - `all`: any target.
 * - `own`: bureau – everything; supervisor – units of the area or industry; enterprise – the unit; instructor – sessions
 *   they teach; learner – themselves.
 * - `invited`: courses and sessions that the person is invited to (for an enterprise: that the unit is).
 */
export type Scope = 'all' | 'own' | 'invited';

/** `anyone` needs no sign-in at all. */
type Holder = Role | 'anyone';
type Rule = Partial<Record<Holder, Scope>>;

const everybodySignedIn = {
  bureau: 'all',
  supervisor: 'all',
  enterprise: 'all',
  instructor: 'all',
  learner: 'all',
} as const;
const units = { bureau: 'all', supervisor: 'own', enterprise: 'own' } as const;
const bureauOnly = { bureau: 'all' } as const;
const officersAndInstructor = { bureau: 'all', instructor: 'own' } as const;
const learners = { learner: 'invited' } as const;

/**
 * The one place where it is decided who may do what: action × role × scope. Every REST endpoint and every socket event
 * names its action; a route whose action is not here refuses to start.
 */
export const policy = {
  'installation:read': { anyone: 'all' },
  'installation:setup': { anyone: 'all' },
  'login:create': { anyone: 'all' },
  'login:refresh': { anyone: 'all' },
  'login:end': { anyone: 'all' },
  'me:read': { anyone: 'all' },
  'me:password': everybodySignedIn,
  'join:read': { anyone: 'all' },
  'join:unit': { anyone: 'all' },
  'join:link': { anyone: 'all' },
  'account:list': bureauOnly,
  'account:create': bureauOnly,
  'account:update': bureauOnly,

  'area:list': { bureau: 'all', supervisor: 'all', enterprise: 'all', instructor: 'all' },
  'area:create': bureauOnly,
  'area:update': bureauOnly,
  'unit:list': units,
  'unit:create': bureauOnly,
  'unit:read': units,
  'unit:update': units,
  'unit:close': bureauOnly,
  'person:list': units,
  'person:create': units,
  'person:update': units,
  'person:verify': units,
  'person:link': units,
  'phone:read': units,
  'import:units': bureauOnly,
  'import:people': units,

  'course:list': everybodySignedIn,
  'course:create': bureauOnly,
  'course:read': { bureau: 'all', supervisor: 'all', enterprise: 'invited', instructor: 'own', learner: 'invited' },
  'course:update': bureauOnly,
  'session:read': { bureau: 'all', supervisor: 'all', enterprise: 'invited', instructor: 'own', learner: 'invited' },
  'session:update': bureauOnly,
  'session:run': bureauOnly,
  'session:stream': officersAndInstructor,
  'session:publish': officersAndInstructor,
  'my:sessions': { learner: 'all' },
  'my:hours': { learner: 'all' },
  'hours:read': units,
  'hours:mark': units,

  'room:enter': learners,
  'room:read': { bureau: 'all', supervisor: 'all', enterprise: 'invited', instructor: 'own', learner: 'invited' },
  'room:watch': { bureau: 'all', supervisor: 'all', instructor: 'own' },
  /** Proved by the ticket in it, not by who is signed in. */
  'beat:store': { anyone: 'all' },
  'my:credit': learners,
  'attendance:correct': bureauOnly,
  'record:check': bureauOnly,
  'retention:read': bureauOnly,
  'person:data': { bureau: 'all', enterprise: 'own', learner: 'own' },
  'person:erase': bureauOnly,
  /** Whoever holds an export may ask whether it is genuine. */
  'seal:check': { anyone: 'all' },
  'proof:check': { anyone: 'all' },
  'my:proofs': { learner: 'all' },
  'proof:read': { bureau: 'all', supervisor: 'all', enterprise: 'invited' },
  'proof:withdraw': bureauOnly,
  'video:list': bureauOnly,
  'video:upload': bureauOnly,
  'video:delete': bureauOnly,
  'playout:run': bureauOnly,
  'room-question:ask': learners,
  'recording:mark': officersAndInstructor,
  'recording:manage': bureauOnly,
  'room-question:list': officersAndInstructor,
  'room-question:answer': officersAndInstructor,

  'network-report:send': learners,
  'network-report:read': { bureau: 'all', supervisor: 'all', enterprise: 'invited' },

  'question:list': officersAndInstructor,
  'question:update': officersAndInstructor,
  'live-question:open': officersAndInstructor,
  'live-question:list': officersAndInstructor,
  'live-question:answer': learners,
  'presence:open': officersAndInstructor,
  'presence:read': { bureau: 'all', supervisor: 'all', instructor: 'own' },
  /** Proved by the ticket. */
  'presence:confirm': { anyone: 'all' },
  /** The unit's own: whether they may convene, the feature asks. */
  'screen:open': { enterprise: 'invited', learner: 'invited' },
  'screen:list': { bureau: 'all', supervisor: 'all', enterprise: 'invited', learner: 'invited' },
  'screen:run': { enterprise: 'own', learner: 'own' },
  'screen:people': { ...units, learner: 'own' },
  /** Proved by the code that is on the screen, and by the ticket that it gives. */
  'screen:scan': { anyone: 'all' },
  'venue:read': { bureau: 'all', supervisor: 'all', enterprise: 'invited', instructor: 'own' },
  'venue:plan': bureauOnly,
  'venue:enrol': { bureau: 'all', enterprise: 'invited' },
  'venue:door': officersAndInstructor,
  'venue:hand': bureauOnly,
  /** Proved by the code at the door, and by the ticket that it gives. */
  'door:scan': { anyone: 'all' },
  'paper:read': officersAndInstructor,
  'paper:update': officersAndInstructor,
  'paper:sit': learners,
  'attempt:submit': { learner: 'own' },

  'report:read': { bureau: 'all', supervisor: 'all', enterprise: 'invited', instructor: 'own' },
  'report:missing': { bureau: 'all', supervisor: 'all' },
  'report:export': { bureau: 'all', supervisor: 'all', enterprise: 'invited' },
  'archive:unit': units,
  'archive:person': { ...units, learner: 'own' },
  /** One's own, whoever asked. */
  'export:mine': everybodySignedIn,
} as const satisfies Record<string, Rule>;

export type Action = keyof typeof policy;

export function isAction(action: string): action is Action {
  return Object.hasOwn(policy, action);
}

/** Where the thing that a request names belongs. Made by the feature that owns it. */
export interface Target {
  areaId?: string | null;
  industry?: string | null;
  unitId?: string | null;
  personId?: string | null;
  /** Accounts that teach it: one for a session, several for a course. */
  instructorAccountIds?: string[];
  /** For courses and sessions: is this person, or anybody of this unit, invited? */
  isInvited?: (who: { personId: string | null; unitId: string | null }) => Promise<boolean>;
}

/**
 * Lets the request pass, or throws.
 * @throws AppError `not-signed-in` when nobody is and the action needs somebody; `forbidden` when no role reaches the
 * target; `not-invited` when an invitation was all that was missing.
 */
export async function authorise(principal: Principal, action: Action, target: Target | null): Promise<void> {
  const rule: Rule = policy[action];
  if (rule.anyone) return;
  if (principal.loginId === null) throw new AppError('not-signed-in');
  let uninvited = false;
  for (const grant of heldGrants(principal)) {
    const scope = rule[grant.role];
    if (!scope) continue;
    if (scope === 'all' || target === null) return;
    if (scope === 'own' && reaches(principal, grant, target)) return;
    if (scope === 'invited') {
      const who =
        grant.role === 'enterprise'
          ? { personId: null, unitId: grant.unitId }
          : { personId: principal.personId, unitId: null };
      if (await target.isInvited?.(who)) return;
      uninvited = true;
    }
  }
  throw new AppError(uninvited ? 'not-invited' : 'forbidden');
}

/** The units whose data an action shows to the caller: the union over the roles that permit the action. */
export function visibilityOf(principal: Principal, action: Action): Visibility {
  const rule: Rule = policy[action];
  const grants = heldGrants(principal).filter((grant) => rule[grant.role]);
  // An instructor sees all of the sessions that authorise() lets them see.
  if (grants.some((grant) => grant.role === 'bureau' || grant.role === 'instructor')) return { all: true };
  return {
    all: false,
    areaIds: present(grants.map((grant) => (grant.role === 'supervisor' ? grant.areaId : null))),
    industries: present(grants.map((grant) => (grant.role === 'supervisor' ? grant.industry : null))),
    unitIds: present(grants.map((grant) => (grant.role === 'enterprise' ? grant.unitId : null))),
    personId: principal.personId,
  };
}

interface HeldGrant {
  role: Role;
  areaId: string | null;
  industry: string | null;
  unitId: string | null;
}

function heldGrants(principal: Principal): HeldGrant[] {
  if (principal.personId === null) return principal.grants;
  return [...principal.grants, { role: 'learner', areaId: null, industry: null, unitId: principal.unitId }];
}

function reaches(principal: Principal, grant: HeldGrant, target: Target): boolean {
  switch (grant.role) {
    case 'bureau':
      return true;
    case 'supervisor':
      return (
        (grant.areaId !== null && grant.areaId === target.areaId) ||
        (grant.industry !== null && grant.industry === target.industry)
      );
    case 'enterprise':
      return grant.unitId !== null && grant.unitId === target.unitId;
    case 'instructor':
      return principal.accountId !== null && (target.instructorAccountIds ?? []).includes(principal.accountId);
    case 'learner':
      return principal.personId !== null && principal.personId === target.personId;
  }
}

function present(values: (string | null)[]): string[] {
  return values.filter((value) => value !== null);
}
