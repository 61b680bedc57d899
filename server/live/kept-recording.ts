import type { Tx } from '../db.ts';
import { AppError } from '../errors.ts';

/** The session's broadcast that is, or was, recorded. */
export function recordedBroadcast(tx: Tx, sessionId: string) {
  return tx.broadcast.findFirst({ where: { sessionId, kind: 'live' }, orderBy: { createdAt: 'desc' } });
}

/** The broadcast whose recording is kept. @throws AppError `no-recording` */
export async function keptRecording(tx: Tx, sessionId: string) {
  const row = await recordedBroadcast(tx, sessionId);
  if (!row || row.endedAt === null || row.path === null) throw new AppError('no-recording');
  return row;
}
