import { z } from 'zod';
import { Flag, Id, Instant, Name, Page, Phone, paged } from './common.ts';
import { endpoints } from './endpoint.ts';
import { PersonCategory, Verification } from './organisations.ts';

export const Role = z.enum(['bureau', 'supervisor', 'enterprise', 'instructor', 'learner']);
export type Role = z.infer<typeof Role>;

/** A role with what it is held for: a supervisor's area or industry, an enterprise administrator's unit. */
export const Grant = z.object({
  role: Role,
  areaId: Id.nullable().default(null),
  industry: z.string().nullable().default(null),
  unitId: Id.nullable().default(null),
});
export type Grant = z.infer<typeof Grant>;

/** Who is signed in. Someone who joined without a password has no account, only a person. */
export const Me = z.object({
  accountId: Id.nullable(),
  personId: Id.nullable(),
  name: z.string(),
  unitId: Id.nullable(),
  unitName: z.string().nullable(),
  category: PersonCategory.nullable(),
  verification: Verification.nullable(),
  grants: z.array(Grant),
});
export type Me = z.infer<typeof Me>;

export const Password = z.string().min(8).max(128);
export const AccountName = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z][a-z0-9._-]{2,31}$/, { message: 'account-name' });

export const DemoAccount = z.object({ role: Role, name: z.string(), login: z.string(), password: z.string() });

export const Account = z.object({
  id: Id,
  name: z.string().nullable(),
  displayName: z.string(),
  phoneMasked: z.string().nullable(),
  /** Who learns with this account: somebody on a unit's roster. */
  person: z.object({ id: Id, name: z.string(), unitName: z.string() }).nullable(),
  grants: z.array(Grant.extend({ scopeName: z.string().nullable() })),
  disabled: z.boolean(),
  createdAt: Instant,
});
export type Account = z.infer<typeof Account>;

const Join = z.object({
  name: Name,
  phone: Phone,
  category: PersonCategory.optional(),
});

export const accountEndpoints = endpoints({
  'GET /installation': {
    summary: 'What the login page needs to know',
    action: 'installation:read',
    target: 'none',
    response: z.object({ bureauName: z.string(), setUpNeeded: z.boolean(), demoAccounts: z.array(DemoAccount) }),
  },
  'POST /setup': {
    summary: 'Make the first bureau administrator with the one-time code from the log',
    action: 'installation:setup',
    target: 'none',
    body: z.object({
      code: z.string().max(40),
      bureauName: Name,
      accountName: AccountName,
      displayName: Name,
      password: Password,
    }),
    response: Me,
  },
  'POST /login': {
    summary: 'Sign in by account name or phone number, with a password',
    action: 'login:create',
    target: 'none',
    body: z.object({ login: z.string().trim().min(1).max(60), password: z.string().min(1).max(128) }),
    response: Me,
  },
  'POST /login/refresh': { summary: 'Renew the access token', action: 'login:refresh', target: 'none', response: Me },
  'POST /logout': { summary: 'Sign this device out', action: 'login:end', target: 'none' },
  'POST /logout/everywhere': { summary: 'Sign every device of mine out', action: 'login:end', target: 'none' },
  'GET /me': {
    summary: 'Who am I; null when not signed in',
    action: 'me:read',
    target: 'none',
    response: Me.nullable(),
  },
  'POST /me/password': {
    summary: 'Change my password; every other device is signed out',
    action: 'me:password',
    target: 'none',
    body: z.object({ current: z.string().max(128), next: Password }),
  },
  'GET /join/unit/:joinCode': {
    summary: 'Whose code is this',
    action: 'join:read',
    target: 'none',
    response: z.object({
      unitName: z.string(),
      areaName: z.string(),
      unitKind: z.enum(['bureau', 'government', 'enterprise']),
    }),
  },
  'POST /join/unit/:joinCode': {
    summary: 'Join by the unit’s code with name and phone; unverified until the unit confirms',
    action: 'join:unit',
    target: 'none',
    body: Join,
    response: Me,
  },
  'POST /join/link': {
    summary: 'Join by a personal link',
    action: 'join:link',
    target: 'none',
    // A link that was cut short on its way is a link that is not valid, not a request that is wrong.
    body: z.object({ token: z.string().min(1).max(500) }),
    response: Me,
  },
  'GET /accounts': {
    summary: 'Accounts',
    action: 'account:list',
    target: 'none',
    query: Page.extend({ q: z.string().max(80).optional(), role: Role.optional(), disabled: Flag }),
    response: paged(Account),
  },
  'POST /accounts': {
    summary: 'Make an account',
    action: 'account:create',
    target: 'none',
    body: z.object({
      name: AccountName.nullable().default(null),
      phone: Phone.nullable().default(null),
      displayName: Name,
      password: Password,
      grants: z.array(Grant).min(1).max(20),
    }),
    response: Account,
  },
  'PATCH /accounts/:accountId': {
    summary: 'Rename, disable, change roles, set a new password, or say who learns with it (signs its devices out)',
    action: 'account:update',
    target: 'account',
    body: z.object({
      displayName: Name.optional(),
      disabled: z.boolean().optional(),
      grants: z.array(Grant).min(1).max(20).optional(),
      password: Password.optional(),
      /** Of a person on a roster, whose classes the account's holder then attends; null: nobody any more. */
      personId: Id.nullable().optional(),
    }),
    response: Account,
  },
});
