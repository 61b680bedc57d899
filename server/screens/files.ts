import { createHash } from 'node:crypto';
import { EVIDENCE_LIMIT_MB } from '#contract/corrections.ts';
import { SCREEN_FILES_LIMIT, type ScreenFile } from '#contract/screens.ts';
import { type Actor, audit } from '../audit.ts';
import { AppError, notFound } from '../errors.ts';
import { evidenceType } from '../file-types.ts';
import { newId } from '../ids.ts';
import type { Services } from '../services.ts';

export type ScreenFiles = ReturnType<typeof createScreenFiles>;

/**
 * The signed sheet (签到表) and photographs (现场照片) of a shared screen, kept in the database as the evidence of corrections is. Nothing is
 * replaced: a better scan is another file.
 */
export function createScreenFiles({ db, clock }: Pick<Services, 'db' | 'clock'>) {
  const { prisma } = db;

  return {
    /** The oldest first. */
    async list(screenId: string): Promise<ScreenFile[]> {
      const rows = await prisma.screenFile.findMany({
        where: { screenId },
        omit: { content: true },
        orderBy: [{ uploadedAt: 'asc' }, { id: 'asc' }],
      });
      return rows.map((row) => ({
        ...{ id: row.id, kind: row.kind, name: row.name, type: row.type, bytes: row.bytes },
        sha256: Buffer.from(row.sha256).toString('hex'),
        uploadedAt: row.uploadedAt.toISOString(),
      }));
    },

    /** @throws AppError `evidence-type`, `evidence-too-large`, `too-many-files`, `record-closed` once the class is archived */
    async add(
      screenId: string,
      given: Pick<ScreenFile, 'kind' | 'name'>,
      content: Buffer,
      actor: Actor,
    ): Promise<void> {
      if (content.length > EVIDENCE_LIMIT_MB * 1024 * 1024) {
        throw new AppError('evidence-too-large', { limit: `${EVIDENCE_LIMIT_MB} MB` });
      }
      const type = evidenceType(content);
      if (type === null) throw new AppError('evidence-type');
      const id = newId();
      const now = clock();
      const sha256 = createHash('sha256').update(content).digest();
      await prisma.$transaction(async (tx) => {
        // Whoever uploads at the same time is counted one after the other.
        await tx.$queryRaw`select 1 as locked from screen where id = ${screenId}::uuid for update`;
        const screen = await tx.screen.findUnique({
          where: { id: screenId },
          select: { session: { select: { state: true } }, _count: { select: { files: true } } },
        });
        if (!screen) throw notFound();
        if (screen.session.state === 'archived') throw new AppError('record-closed');
        if (screen._count.files >= SCREEN_FILES_LIMIT)
          throw new AppError('too-many-files', { limit: SCREEN_FILES_LIMIT });
        await tx.screenFile.create({
          data: {
            ...{ ...given, id, screenId, type, bytes: content.length },
            ...{ sha256: Uint8Array.from(sha256), content: Uint8Array.from(content) },
            ...{ uploadedBy: actor.accountId ?? actor.personId, uploadedAt: new Date(now) },
          },
        });
        const detail = { fileId: id, kind: given.kind, sha256: sha256.toString('hex') };
        await audit(tx, actor, now, 'screen:file', { kind: 'screen', id: screenId }, detail);
      });
    },

    /** @throws AppError `not-found` */
    async read(screenId: string, fileId: string, actor: Actor) {
      const file = await prisma.screenFile.findFirst({ where: { id: fileId, screenId } });
      if (!file) throw notFound();
      await audit(prisma, actor, clock(), 'screen:file-read', { kind: 'screen', id: screenId }, { fileId });
      return { name: file.name, type: file.type, content: Buffer.from(file.content) };
    },
  };
}
