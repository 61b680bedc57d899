import { AppError } from '../errors.ts';
import type { Services } from '../services.ts';
import { createPace, isAtLimit, type Load } from './pace.ts';
import { letIn, newPlace, type Place, readPlace, signPlace, stillWaiting } from './place.ts';
import { type Line, moveLine, readLine } from './store.ts';

export type Verdict =
  /** Call `leave` once the request is answered. `place`: of who had to wait for it, and `token` what they keep of it. */
  | { in: true; place: Place | null; token: string | null; leave: () => void }
  /** `retryMs`: when to ask again with the token. */
  | { in: false; token: string; ahead: number; seconds: number; retryMs: number };

export type WaitingLine = ReturnType<typeof createLine>;

/** How often a worker moves the line, and looks whether there is one, while people come. */
const STEP_MS = 250;
const LOOK_MS = 1_000;
/** Nobody came for so long: it looks no more. */
const QUIET_MS = 5_000;
const SHORTEST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 15_000;

/**
 * Lets people in as long as this worker has room, and gives them places in one line of all workers when it has none. Who has a place is
 * let in once it was called, in whatever worker they ask.
 */
export function createLine(
  { db, clock, logger, secrets, metrics }: Pick<Services, 'db' | 'clock' | 'logger' | 'secrets' | 'metrics'>,
  { limit, loadOf }: { limit: number; loadOf: () => Omit<Load, 'underWay'> },
) {
  const pace = createPace(limit);
  let line: Line = { given: 0, called: 0 };
  let underWay = 0;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let askedAt = 0;
  /** Places called a second, by all workers. */
  let rate = 0;
  let measured: { at: number; called: number } | null = null;
  const newcomers: { resolve: (number: number) => void; reject: (error: unknown) => void }[] = [];
  let timer: NodeJS.Timeout | null = null;
  let stepping: Promise<void> | null = null;
  /** Whoever comes first to a new worker may come to a line. */
  let looking: Promise<void> | null = look();

  metrics.gauge(
    'anke_line_waiting',
    'People in line to come in, of all workers, with those who have left it',
    [],
    () => [[{}, isOpen() ? line.given - line.called : 0]],
  );
  metrics.gauge('anke_entries_under_way', 'Entry requests under way in this worker', [], () => [[{}, underWay]]);

  const isOpen = () => line.given > line.called;
  const load = (): Load => ({ ...loadOf(), underWay });

  /** One statement for all who came since the last. */
  async function step(): Promise<void> {
    const now = performance.now();
    const places = newcomers.splice(0);
    const calls = isOpen() || places.length > 0 ? pace.next(now, load()) : 0;
    const moves = places.length > 0 || calls > 0;
    if (!moves && now - lookedAt < LOOK_MS) return;
    try {
      line = moves ? await moveLine(db.pool, places.length, calls) : await readLine(db.pool);
      lookedAt = now;
      const first = line.given - places.length + 1;
      places.forEach(({ resolve }, n) => {
        resolve(first + n);
      });
      if (measured && now > measured.at) {
        const lately = ((line.called - measured.called) * 1_000) / (now - measured.at);
        rate = rate === 0 ? lately : rate * 0.9 + lately * 0.1;
      }
      measured = { at: now, called: line.called };
    } catch (error) {
      logger.warn({ err: error }, 'the line could not be moved');
      for (const { reject } of places) reject(new AppError('busy'));
    }
  }

  /** Without a database there is no line to be seen. */
  async function look(): Promise<void> {
    try {
      line = await readLine(db.pool);
    } catch (error) {
      logger.warn({ err: error }, 'the line could not be looked at');
    } finally {
      looking = null;
    }
  }

  function keepMoving(): void {
    askedAt = performance.now();
    timer ??= setInterval(() => {
      stepping ??= step().finally(() => {
        stepping = null;
      });
      if (performance.now() - askedAt <= QUIET_MS || timer === null) return;
      clearInterval(timer);
      timer = null;
      measured = null;
    }, STEP_MS);
    timer.unref();
  }

  function enter(place: Place | null): Verdict {
    underWay += 1;
    let left = false;
    const leave = () => {
      if (!left) underWay -= 1;
      left = true;
    };
    return { in: true, place, token: place && signPlace(secrets.ticket, place), leave };
  }

  function wait(place: Place): Verdict {
    const ahead = Math.max(0, place.number - line.called);
    const perSecond = Math.max(rate, pace.perSecond());
    const seconds = Math.ceil(ahead / perSecond);
    const soon = Math.min(LONGEST_RETRY_MS, Math.max(SHORTEST_RETRY_MS, seconds * 900));
    // Not in step with the others.
    const retryMs = Math.round(soon * (0.85 + Math.random() * 0.3));
    return { in: false, token: signPlace(secrets.ticket, place), ahead, seconds, retryMs };
  }

  return {
    /**
     * May somebody come in, with the place they hold, if any?
     * @throws AppError `busy` when no place can be given, because the database does not answer
     */
    async ask(token: string | undefined): Promise<Verdict> {
      keepMoving();
      const now = clock();
      const held = readPlace(secrets.ticket, token, now);
      // Another worker may have given it a moment ago; one that nobody gave is of an installation that was set back.
      if (held && held.number > line.given) looking ??= look();
      if (looking) await looking;
      const place = held && held.number <= line.given ? held : null;
      if (place && place.number <= line.called && underWay < limit) return enter(letIn(place, now));
      if (place) return wait(stillWaiting(place, now));
      if (!isOpen() && newcomers.length === 0 && !isAtLimit(load(), limit)) return enter(null);
      const number = await new Promise<number>((resolve, reject) => newcomers.push({ resolve, reject }));
      return wait(newPlace(number, now));
    },

    async close(): Promise<void> {
      if (timer) clearInterval(timer);
      timer = null;
      await stepping;
      for (const { reject } of newcomers.splice(0)) reject(new AppError('busy'));
    },
  };
}
