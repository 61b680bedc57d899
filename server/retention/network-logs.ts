import { createHmac } from 'node:crypto';
import { auditWith, SYSTEM } from '../audit.ts';
import { transaction } from '../db.ts';
import type { Services } from '../services.ts';

const DAY_MS = 86_400_000;
/** Where it stands which device was which in a session $1. */
const NAMED: [table: string, alsoSet: string, ofSession: string][] = [
  ['connection', `, coverage = '{}'`, 'session_id = $1'],
  ['screen_sign_in', '', 'screen_id in (select id from screen where session_id = $1)'],
  ['venue_visit', '', 'session_id = $1'],
];

/**
 * Of one session whose network logs' time is over: each device gets another name, made from a key, which is the same in this session
 * alone, so that it still counts as 设备, and a phone that signed in several is still one, but says nothing of other sessions; what each connection has played goes, being in the entries.
 * @returns false when there is none (any more)
 */
export async function reduceConnections({ db, clock, config, secrets }: Services): Promise<boolean> {
  const now = clock();
  return transaction(db.pool, async (client) => {
    const { rows } = await client.query<{ id: string }>(
      `select id from session where connections_reduced_at is null and ended_at < $1
       order by ended_at limit 1 for update skip locked`,
      [new Date(now - config.retention.networkLogsDays * DAY_MS)],
    );
    const [session] = rows;
    if (!session) return false;
    const { rows: devices } = await client.query<{ id: string }>(
      NAMED.map(([table, , ofSession]) => `select device_id as id from ${table} where ${ofSession}`).join(' union '),
      [session.id],
    );
    const ids = devices.flatMap(({ id }) => id ?? []);
    const names = ids.map((id) => nameOf(secrets['phone-hash'], session.id, id));
    let connections = 0;
    for (const [table, alsoSet, ofSession] of NAMED) {
      const { rowCount } = await client.query(
        `update ${table} set device_id = renamed.name${alsoSet} from unnest($2::uuid[], $3::uuid[]) as renamed (id, name)
         where ${ofSession} and device_id = renamed.id`,
        [session.id, ids, names],
      );
      if (table === 'connection') connections = rowCount ?? 0;
    }
    await client.query('update session set connections_reduced_at = $2 where id = $1', [session.id, new Date(now)]);
    const subject = { kind: 'session', id: session.id };
    await auditWith(client, SYSTEM, now, 'retention:network', subject, { connections });
    return true;
  });
}

/** A UUID (version 8). */
function nameOf(key: string, sessionId: string, deviceId: string): string {
  const made = createHmac('sha256', key).update(`device ${sessionId} ${deviceId}`).digest().subarray(0, 16);
  made.writeUInt8((made.readUInt8(6) & 0x0f) | 0x80, 6);
  made.writeUInt8((made.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = made.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
