import { NetworkFigures, type NetworkReport, NetworkVerdict } from '#contract/network.ts';
import { verdictOf } from '#contract/network-verdict.ts';
import { NETWORK_REPORTS_KEPT_DAYS } from '#contract/plain.ts';
import type { Prisma } from '#prisma/client.ts';
import type { Visibility } from '../accounts/principal.ts';
import { AppError, isUniqueViolation } from '../errors.ts';
import { unitsWithin } from '../organisations/view.ts';
import type { Services } from '../services.ts';
import { createNetworkStore } from './store.ts';

/** What one person may send within an hour; a check takes half a minute. */
const AN_HOUR = 10;
const HOUR_MS = 3_600_000;
const KEPT_MS = NETWORK_REPORTS_KEPT_DAYS * 24 * HOUR_MS;
const LOOK_EVERY_MS = 10 * 60_000;

export interface Sent {
  /** Made by the page. */
  id: string;
  sessionId: string;
  personId: string;
  unitId: string;
  figures: NetworkFigures;
  userAgent: string;
  address: string;
}

interface Asked {
  page: number;
  pageSize: number;
  verdict?: NetworkReport['verdict'] | undefined;
  unitId?: string | undefined;
}

export type NetworkReports = ReturnType<typeof createNetworkReports>;

/** Network checks that people send to the bureau (网络检测报告). */
export function createNetworkReports({ db, clock }: Pick<Services, 'db' | 'clock'>) {
  const { prisma } = db;
  const store = createNetworkStore(db);

  /**
   * Stores a report. The verdict is ours: the same rule, over what the page measured.
   * @throws AppError `rate-limited`; `forbidden` for the id of somebody else's report
   */
  async function send({ id, figures, userAgent, address, ...whose }: Sent) {
    const now = clock();
    const { personId } = whose;
    try {
      return await prisma.$transaction(async (tx) => {
        // One after the other, or several sent at once would each find room for one more.
        await tx.$executeRaw`select pg_advisory_xact_lock(hashtextextended(${`network ${personId}`}, 0))`;
        const known = await tx.networkReport.findUnique({ where: { id } });
        if (known) return own(known, personId);
        const recent = await tx.networkReport.count({ where: { personId, sentAt: { gt: new Date(now - HOUR_MS) } } });
        if (recent >= AN_HOUR) throw new AppError('rate-limited');
        const row = await tx.networkReport.create({
          data: {
            ...whose,
            id,
            figures,
            verdict: verdictOf(figures),
            userAgent: userAgent.slice(0, 200),
            address: address.slice(0, 64),
            sentAt: new Date(now),
          },
        });
        return own(row, personId);
      });
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      return own(await prisma.networkReport.findUniqueOrThrow({ where: { id } }), personId);
    }
  }

  async function list(sessionId: string, { page, pageSize, verdict, unitId }: Asked, visibility: Visibility) {
    const where: Prisma.NetworkReportWhereInput = {
      sessionId,
      unit: unitsWithin(visibility),
      ...(verdict && { verdict }),
      ...(unitId && { unitId }),
    };
    const [rows, total, standing] = await Promise.all([
      prisma.networkReport.findMany({
        where,
        orderBy: { number: 'desc' },
        skip: (page - 1) * pageSize,
        take: pageSize,
        include: { person: { select: { name: true } }, unit: { select: { name: true } } },
      }),
      prisma.networkReport.count({ where }),
      store.standing(sessionId, visibility),
    ]);
    const items: NetworkReport[] = rows.map((row) => ({
      id: row.id,
      number: row.number,
      verdict: NetworkVerdict.parse(row.verdict),
      personName: row.person.name,
      unitName: row.unit.name,
      figures: NetworkFigures.parse(row.figures),
      userAgent: row.userAgent,
      address: row.address,
      sentAt: row.sentAt.toISOString(),
    }));
    return { items, total, ...standing };
  }

  /** Deletes what is older than a report is kept. */
  async function removeOld(): Promise<number> {
    const { count } = await prisma.networkReport.deleteMany({ where: { sentAt: { lt: new Date(clock() - KEPT_MS) } } });
    return count;
  }

  return { send, list, removeOld };
}

/** Every worker looks; what one has deleted the next no longer finds. */
export function watchOldReports({ logger }: Pick<Services, 'logger'>, reports: NetworkReports): { stop(): void } {
  const timer = setInterval(() => {
    reports.removeOld().catch((error: unknown) => logger.warn({ err: error }, 'old network reports were not removed'));
  }, LOOK_EVERY_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

function own(row: { number: number; verdict: string; personId: string }, personId: string) {
  if (row.personId !== personId) throw new AppError('forbidden');
  return { number: row.number, verdict: NetworkVerdict.parse(row.verdict) };
}
