import type { Beat } from '#contract/attendance.ts';
import type { Classroom } from './classroom.ts';
import type { Seen } from './seen.ts';

type Stored = Awaited<ReturnType<Classroom['store']>>;

/** A page of somebody's, as the product's own client is: it keeps what was not acked, and sends it again. */
export class Page {
  readonly token: string;
  readonly #room: Classroom;
  readonly #startedAt: number;
  #seq = 0;
  #kept: Beat[] = [];

  private constructor(room: Classroom, token: string, startedAt: number) {
    this.#room = room;
    this.token = token;
    this.#startedAt = startedAt;
  }

  static async open(room: Classroom, sessionId: string, personId: string, seen: Seen | null): Promise<Page> {
    const page = new Page(room, await room.admit(sessionId, personId), room.startedAt(sessionId));
    seen?.opened();
    return page;
  }

  /** A shared screen's page. */
  static async ofScreen(room: Classroom, sessionId: string, screenId: string): Promise<Page> {
    return new Page(room, await room.admitScreen(screenId), room.startedAt(sessionId));
  }

  /** What a page that died has left on the device; its ticket goes with it. */
  left(): Page {
    const page = new Page(this.#room, this.token, this.#startedAt);
    page.#seq = this.#seq;
    page.#kept = this.#kept;
    return page;
  }

  /** That so many seconds of the class, from its start, were played. */
  played(from: number, to: number): void {
    this.#seq += 1;
    this.#kept.push(this.beat(this.#seq, from, to));
  }

  beat(seq: number, from: number, to: number): Beat {
    return {
      seq,
      mediaFrom: this.#startedAt + from * 1_000,
      mediaTo: this.#startedAt + to * 1_000,
      // No clock of a page is believed.
      monotonicMs: (seq * 7_919_000) % 1e9,
      state: { playing: true, hidden: seq % 3 === 0, stalled: false },
    };
  }

  /** Resolves to what the server answered last; null when there was nothing to send. */
  async send(): Promise<Stored | null> {
    let stored: Stored | null = null;
    while (this.#kept.length > 0) {
      const some = this.#kept.slice(0, 50);
      stored = await this.#room.store(this.token, some);
      this.#kept = this.#kept.slice(some.length);
    }
    return stored;
  }
}
