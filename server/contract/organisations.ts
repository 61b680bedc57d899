import { z } from 'zod';
import { isCreditCode, normaliseCode } from './codes.ts';
import { changesOf, Flag, Id, Instant, Name, Page, Phone, paged } from './common.ts';
import { endpoints } from './endpoint.ts';
import { IDS_PER_QUERY, INDUSTRIES, PERSON_CATEGORIES, UNIT_KINDS } from './plain.ts';

export const AreaKind = z.enum(['street', 'zone']);
export const UnitKind = z.enum(UNIT_KINDS);
export type UnitKind = z.infer<typeof UnitKind>;

export const PersonCategory = z.enum(PERSON_CATEGORIES);
export type PersonCategory = z.infer<typeof PersonCategory>;
export const Verification = z.enum(['unverified', 'verified', 'refused']);
export type Verification = z.infer<typeof Verification>;

export const Industry = z.enum(INDUSTRIES);
export type Industry = z.infer<typeof Industry>;

export const CreditCode = z
  .string()
  .max(40)
  .transform(normaliseCode)
  .refine(isCreditCode, { message: 'bad-credit-code' });

export const Area = z.object({ id: Id, name: z.string(), kind: AreaKind, units: z.int() });
export type Area = z.infer<typeof Area>;

export const Unit = z.object({
  id: Id,
  kind: UnitKind,
  name: z.string(),
  creditCode: z.string().nullable(),
  areaId: Id,
  areaName: z.string(),
  industry: Industry.nullable(),
  highRisk: z.boolean(),
  address: z.string().nullable(),
  contactName: z.string().nullable(),
  contactPhoneMasked: z.string().nullable(),
  joinCode: z.string(),
  people: z.int(),
  unverified: z.int(),
  /** 注销: since when nobody of it is invited or joins; it can only be read, and reopened. */
  closedAt: Instant.nullable(),
});
export type Unit = z.infer<typeof Unit>;

export const UnitInput = z.object({
  kind: UnitKind,
  name: Name,
  creditCode: CreditCode.nullable().default(null),
  areaId: Id,
  industry: Industry.nullable().default(null),
  highRisk: z.boolean().default(false),
  address: z.string().trim().max(200).nullable().default(null),
  contactName: Name.nullable().default(null),
  contactPhone: Phone.nullable().default(null),
});
export type UnitInput = z.infer<typeof UnitInput>;

export const Person = z.object({
  id: Id,
  unitId: Id,
  name: z.string(),
  category: PersonCategory,
  position: z.string().nullable(),
  phoneMasked: z.string().nullable(),
  verification: Verification,
  hasLink: z.boolean(),
});
export type Person = z.infer<typeof Person>;

export const PersonInput = z.object({
  name: Name,
  category: PersonCategory,
  position: z.string().trim().max(60).nullable().default(null),
  phone: Phone.nullable().default(null),
});
export type PersonInput = z.infer<typeof PersonInput>;

/** One thing wrong in an imported sheet. `row` as Excel numbers it; `column` is its heading. */
export const ImportError = z.object({
  row: z.int(),
  column: z.string(),
  value: z.string(),
  code: z.string(),
  message: z.string(),
});
export type ImportError = z.infer<typeof ImportError>;
export const ImportResult = z.object({
  rows: z.int(),
  created: z.int(),
  updated: z.int(),
  unchanged: z.int(),
  committed: z.boolean(),
  errors: z.array(ImportError),
});
export type ImportResult = z.infer<typeof ImportResult>;

const commit = z.object({ commit: Flag });

/** Ids that a query names, with commas between. */
const Ids = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(Id).max(IDS_PER_QUERY));

export const organisationEndpoints = endpoints({
  'GET /areas': { summary: 'Streets and zones', action: 'area:list', target: 'none', response: z.array(Area) },
  'POST /areas': {
    summary: 'Add a street or zone',
    action: 'area:create',
    target: 'none',
    body: z.object({ name: Name, kind: AreaKind }),
    response: Area,
  },
  'PATCH /areas/:areaId': {
    summary: 'Rename a street or zone',
    action: 'area:update',
    target: 'area',
    body: z.object({ name: Name, kind: AreaKind }),
    response: Area,
  },
  'GET /units': {
    summary: 'Units that the caller may see',
    action: 'unit:list',
    target: 'none',
    query: Page.extend({
      q: z.string().max(80).optional(),
      areaId: Id.optional(),
      industry: Industry.optional(),
      kind: UnitKind.optional(),
      highRisk: Flag,
      /** These alone, `a,b,c`: closed ones too, unless `closed` says which. */
      ids: Ids.optional(),
      /** Those that are closed; without it, those that are not. */
      closed: Flag,
    }),
    response: paged(Unit),
  },
  'POST /units': { summary: 'Add a unit', action: 'unit:create', target: 'none', body: UnitInput, response: Unit },
  'GET /units/:unitId': { summary: 'One unit', action: 'unit:read', target: 'unit', response: Unit },
  'PATCH /units/:unitId': {
    summary: 'Change a unit',
    action: 'unit:update',
    target: 'unit',
    body: changesOf(UnitInput),
    response: Unit,
  },
  'POST /units/:unitId/join-code': {
    summary: 'Replace the unit’s join code; the old one stops working',
    action: 'unit:update',
    target: 'unit',
    response: Unit,
  },
  'POST /units/:unitId/close': {
    summary: 'Close a unit: its record stays, its people are signed out and invited to nothing more',
    action: 'unit:close',
    target: 'unit',
  },
  'POST /units/:unitId/reopen': {
    summary: 'Take a closing back: its people join by the same code and are invited again',
    action: 'unit:close',
    target: 'unit',
    response: Unit,
  },
  'GET /units/:unitId/contact-phone': {
    summary: 'The contact’s full number; audited',
    action: 'phone:read',
    target: 'unit',
    response: z.object({ phone: z.string().nullable() }),
  },
  'GET /units/:unitId/people': {
    summary: 'A unit’s roster',
    action: 'person:list',
    target: 'unit',
    query: Page.extend({
      q: z.string().max(80).optional(),
      category: PersonCategory.optional(),
      verification: Verification.optional(),
    }),
    response: paged(Person),
  },
  'POST /units/:unitId/people': {
    summary: 'Add a person to the roster',
    action: 'person:create',
    target: 'unit',
    body: PersonInput,
    response: Person,
  },
  'PATCH /people/:personId': {
    summary: 'Change a person',
    action: 'person:update',
    target: 'person',
    body: changesOf(PersonInput),
    response: Person,
  },
  'DELETE /people/:personId': {
    summary: 'Take a person off the roster; their attendance stays',
    action: 'person:update',
    target: 'person',
  },
  'POST /people/:personId/verification': {
    summary: 'Confirm or refuse somebody who joined by the unit’s code',
    action: 'person:verify',
    target: 'person',
    body: z.object({ verification: z.enum(['verified', 'refused']) }),
    response: Person,
  },
  'POST /people/:personId/link': {
    summary: 'Make a personal link (the one before stops working)',
    action: 'person:link',
    target: 'person',
    response: z.object({ path: z.string() }),
  },
  'GET /people/:personId/phone': {
    summary: 'A person’s full number; audited',
    action: 'phone:read',
    target: 'person',
    response: z.object({ phone: z.string().nullable() }),
  },
  'GET /imports/units/template': {
    summary: 'Empty sheet for units (.xlsx)',
    action: 'import:units',
    target: 'none',
    download: true,
  },
  'POST /imports/units': {
    summary: 'Check, or with commit=1 import, units and their contacts; all rows or none',
    action: 'import:units',
    target: 'none',
    query: commit,
    upload: 'xlsx',
    response: ImportResult,
  },
  'GET /imports/people/template': {
    summary: 'Empty sheet for people (.xlsx)',
    action: 'import:people',
    target: 'none',
    download: true,
  },
  'POST /imports/people': {
    summary: 'Check, or with commit=1 import, people of any unit the caller may see; all rows or none',
    action: 'import:people',
    target: 'none',
    query: commit,
    upload: 'xlsx',
    response: ImportResult,
  },
});
