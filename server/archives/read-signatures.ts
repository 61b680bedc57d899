import type pg from 'pg';
import type { Visibility } from '../accounts/principal.ts';
import { visibilityParameters, visible } from '../accounts/visible.ts';

/*
 * What archives show of signing in: before shared screens and at venues, with the sheets that were signed and the photographs of the room. A
 * screen belongs to its unit, a visit to the unit that the person was of at the time.
 */

export interface ScreenFacts {
  sessionNumber: number;
  unitName: string;
  room: string;
  convenorName: string | null;
  openedAt: Date;
  closedAt: Date | null;
  declaredHeads: number | null;
  /** People signed in by name; each once. */
  named: number;
  sheets: number;
  photos: number;
}

export async function readScreens(pool: pg.Pool, sessionIds: string[], visibility: Visibility): Promise<ScreenFacts[]> {
  const { rows } = await pool.query<ScreenFacts>(
    `select session.number as "sessionNumber", unit.name as "unitName", screen.room, person.name as "convenorName",
       screen.opened_at as "openedAt", screen.closed_at as "closedAt", screen.declared_heads as "declaredHeads",
       (select count(distinct person_id)::int from screen_sign_in where screen_id = screen.id) as named,
       (select count(*)::int from screen_file where screen_id = screen.id and kind = 'sheet') as sheets,
       (select count(*)::int from screen_file where screen_id = screen.id and kind <> 'sheet') as photos
     from screen join session on session.id = screen.session_id join unit on unit.id = screen.unit_id
       left join person on person.id = screen.convenor_id
     where screen.session_id = any ($1::uuid[]) and ${visible('unit.area_id', 'unit.industry', 'unit.id', 2)}
     order by session.number, unit.name, unit.id, screen.room, screen.opened_at, screen.id`,
    [sessionIds, ...visibilityParameters(visibility)],
  );
  return rows;
}

export interface ScreenSignature {
  sessionNumber: number;
  unitName: string;
  room: string;
  personName: string;
  signedInAt: Date;
  way: 'code' | 'convenor' | 'end';
  signedOutAt: Date | null;
  outWay: 'code' | 'convenor' | 'end' | null;
  /** Was not on the roster. */
  added: boolean;
  /** People of this screen whom the same phone signed in; 1 without a phone. */
  samePhone: number;
}

export async function readScreenSignatures(
  pool: pg.Pool,
  sessionIds: string[],
  visibility: Visibility,
): Promise<ScreenSignature[]> {
  const { rows } = await pool.query<ScreenSignature>(
    `select session.number as "sessionNumber", unit.name as "unitName", screen.room, person.name as "personName",
       s.signed_in_at as "signedInAt", s.way, s.signed_out_at as "signedOutAt", s.out_way as "outWay", s.added,
       case when s.device_id is null then 1 else
         (select count(distinct o.person_id)::int from screen_sign_in o
          where o.screen_id = s.screen_id and o.device_id = s.device_id) end as "samePhone"
     from screen_sign_in s join screen on screen.id = s.screen_id join session on session.id = screen.session_id
       join unit on unit.id = screen.unit_id join person on person.id = s.person_id
     where screen.session_id = any ($1::uuid[]) and ${visible('unit.area_id', 'unit.industry', 'unit.id', 2)}
     order by session.number, unit.name, unit.id, screen.room, screen.id, s.signed_in_at, s.id`,
    [sessionIds, ...visibilityParameters(visibility)],
  );
  return rows;
}

export interface VenueSignature {
  sessionNumber: number;
  unitName: string;
  personName: string;
  signedInAt: Date;
  inWay: 'code' | 'hand';
  sureAt: Date;
  signedOutAt: Date | null;
  outWay: 'code' | 'hand' | null;
  samePhone: number;
}

export async function readVenueSignatures(
  pool: pg.Pool,
  sessionIds: string[],
  visibility: Visibility,
): Promise<VenueSignature[]> {
  const { rows } = await pool.query<VenueSignature>(
    `select session.number as "sessionNumber", unit.name as "unitName", person.name as "personName",
       v.signed_in_at as "signedInAt", v.in_way as "inWay", v.sure_at as "sureAt", v.signed_out_at as "signedOutAt",
       v.out_way as "outWay", case when v.device_id is null then 1 else count(*) over (partition by v.session_id, v.device_id)::int end as "samePhone"
     from venue_visit v join session on session.id = v.session_id join person on person.id = v.person_id
       join attendee a on a.session_id = v.session_id and a.person_id = v.person_id
       join unit on unit.id = a.unit_id
     where v.session_id = any ($1::uuid[]) and ${visible('a.area_id', 'a.industry', 'a.unit_id', 2)}
     order by session.number, unit.name, unit.id, v.signed_in_at, v.id`,
    [sessionIds, ...visibilityParameters(visibility)],
  );
  return rows;
}

export interface SignedFile {
  id: string;
  sessionNumber: number;
  unitName: string;
  room: string;
  kind: 'sheet' | 'photo_start' | 'photo_end';
  name: string;
  type: string;
  bytes: number;
  sha256: string;
  uploadedAt: Date;
}

/** Signed sheets and photographs, without what is in them. */
export async function readSignedFiles(
  pool: pg.Pool,
  sessionIds: string[],
  visibility: Visibility,
): Promise<SignedFile[]> {
  const { rows } = await pool.query<SignedFile>(
    `select f.id, session.number as "sessionNumber", unit.name as "unitName", screen.room, f.kind, f.name, f.type, f.bytes,
       encode(f.sha256, 'hex') as sha256, f.uploaded_at as "uploadedAt"
     from screen_file f join screen on screen.id = f.screen_id join session on session.id = screen.session_id
       join unit on unit.id = screen.unit_id
     where screen.session_id = any ($1::uuid[]) and ${visible('unit.area_id', 'unit.industry', 'unit.id', 2)}
     order by session.number, unit.name, unit.id, screen.room, screen.id, f.kind, f.uploaded_at, f.id`,
    [sessionIds, ...visibilityParameters(visibility)],
  );
  return rows;
}

/** Null when it was removed since it was listed. */
export async function readFileContent(pool: pg.Pool, id: string): Promise<Buffer | null> {
  const { rows } = await pool.query<{ content: Buffer }>('select content from screen_file where id = $1', [id]);
  return rows[0]?.content ?? null;
}
