import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { BeatsStored } from '#contract/attendance.ts';
import type { AckData } from '#contract/events.ts';
import type { RoomSnapshot } from '#contract/live.ts';
import { BEAT_INTERVAL_MS, firstRangeMs } from '#contract/plain.ts';
import type { RoomPresenceCheck } from '#contract/presence.ts';
import { askedAt } from '#contract/presence-moment.ts';
import type { Agenda } from './agenda.ts';
import { type Entered, enter, Refused } from './entry.ts';
import { Line, upgradeRequest } from './line.ts';
import type { Planned, SampleName } from './messages.ts';

/** How far behind the moment a viewer's picture is, ms. */
const LATENCY_MS = 2_000;
const BEATS_PER_MESSAGE = 50;
/** A request without an ack is given up after so long, as the page does. */
const ACK_TIMEOUT_MS = 10_000;
/** Everybody answers within so long after the question was there. */
export const ANSWER_WITHIN_MS = 20_000;
/** As the page, which comes back within a range that is twice as long after each failure. */
const RETRY_LONGEST_MS = 15_000;
/** A connection that is not there by then is given up, as the page does, instead of waiting for the kernel's next attempt. */
const CONNECT_TIMEOUT_MS = 15_000;
const ENTRY_ATTEMPTS = 6;
const CHOICES = 2;
const DRAINING = Buffer.from('["server:draining"');
/** Whoever is asked whether they are there presses within so long. */
export const PRESS_WITHIN_MS = 5_000;

export interface AckedBeat {
  seq: number;
  from: number;
  to: number;
}

/** What people of one generator share. */
export interface Crowd {
  url: URL;
  sessionId: string;
  agenda: Agenda;
  /** In the room, as far as somebody was told. */
  devices: number;
  took(name: SampleName, ms: number): void;
  wrong(what: string): void;
  /** Whether a line that is cut now was cut by us. */
  killing: boolean;
  cut: number;
  /** Shared, because a broadcast is the same for everybody. */
  shownBy(message: Buffer): Pick<z.infer<typeof RoomSnapshot>, 'question' | 'presence'> | null;
}

/** One viewer: comes, watches without a picture, reports what would have played, answers. */
export class Person {
  readonly planned: Planned;
  readonly acked: AckedBeat[] = [];
  readonly answered: { question: string; choice: number }[] = [];
  readonly asked: string[] = [];
  /** Presence checks. */
  readonly confirmed: string[] = [];
  /** Questions that were on the screen. */
  readonly seen = new Set<string>();
  joined = false;
  readonly #crowd: Crowd;
  #entered: Entered | null;
  #request: Buffer | null = null;
  #line: Line | null = null;
  /** When the way into the room began that is under way; what it is measured as. */
  #since: { at: number; as: 'entry-join' | 'join' | 'reconnect' } = { at: 0, as: 'join' };
  #whenJoined: (() => void) | null = null;
  #failures = 0;
  #seq = 0;
  #pending: AckedBeat[] = [];
  #sending = 0;
  #classStartedAt = Number.POSITIVE_INFINITY;
  #shown = 0;
  #beating = false;
  #watching = false;
  #open: { question: string; choice: number } | null = null;
  #check: string | null = null;
  #seenCheck = '';

  constructor(planned: Planned, crowd: Crowd) {
    this.planned = planned;
    this.#crowd = crowd;
    this.#entered = planned.ticket
      ? { ticket: planned.ticket, connId: randomUUID(), cookie: planned.cookie ?? '' }
      : null;
  }

  get connId(): string | null {
    return this.#entered?.connId ?? null;
  }

  get unacked(): number {
    return this.#pending.length;
  }

  /** From the page's shell into the room; measured from `plannedAt`, at which it should have begun. */
  async arrive(plannedAt: number): Promise<void> {
    const { url, sessionId, took, wrong } = this.#crowd;
    for (let attempt = 1; !this.#entered; attempt += 1) {
      try {
        this.#entered = await enter(url, this.planned, sessionId, (step, ms) => took(`entry-${step}`, ms));
      } catch (error) {
        wrong(error instanceof Refused ? error.code : `entry: ${(error as NodeJS.ErrnoException).code ?? error}`);
        if (attempt === ENTRY_ATTEMPTS) return;
        await this.#pause(attempt);
      }
    }
    await this.connect(Date.now(), 'entry-join');
    took('entry', Date.now() - plannedAt);
  }

  /** Resolves when the person is in the room. */
  connect(plannedAt: number, as: 'entry-join' | 'join'): Promise<void> {
    if (!this.#entered) return Promise.resolve();
    this.#since = { at: plannedAt, as };
    return new Promise((resolve) => {
      this.#whenJoined = resolve;
      this.#dial();
    });
  }

  hangUp(): void {
    this.#line?.hangUp();
    this.#line = null;
    this.joined = false;
  }

  /** From the first moment in the room on. */
  watch(classStartedAt: number): void {
    this.#classStartedAt = classStartedAt;
    this.#watching = true;
  }

  ask(): void {
    const id = randomUUID();
    const text = '外包人员进场前由谁负责安全教育培训？';
    this.#send('question:ask', JSON.stringify({ id, text }), 'askAck', (ok) => {
      if (ok) this.asked.push(id);
    });
  }

  /** The class is over: reports the rest. */
  finish(): void {
    this.#beat();
    this.#watching = false;
  }

  /** Sends again what is not acked. */
  flush(): void {
    if (!this.joined || this.#pending.length === 0 || this.#sending > 0) return;
    const beats = this.#pending.slice(0, BEATS_PER_MESSAGE);
    const state = { playing: true, hidden: false, stalled: false };
    const monotonicMs = Math.round(performance.now());
    const payload = JSON.stringify({
      beats: beats.map(({ seq, from, to }) => ({ seq, mediaFrom: from, mediaTo: to, monotonicMs, state })),
    });
    this.#sending += 1;
    this.#send<BeatsStored>('beat:send', payload, 'beatAck', (_ok, stored) => {
      this.#sending -= 1;
      if (!stored) return;
      const accepted = new Set(stored.accepted);
      for (const beat of beats) if (accepted.has(beat.seq)) this.acked.push(beat);
      this.#pending = this.#pending.filter((beat) => !accepted.has(beat.seq));
      if (this.#pending.length > 0 && accepted.size > 0) this.flush();
    });
  }

  #dial(): void {
    const { url, wrong, agenda } = this.#crowd;
    if (!this.#entered) return;
    this.#request ??= upgradeRequest(url, this.#entered.cookie);
    let connected = false;
    const dialled = new Line(url, this.planned.from, this.#request, {
      connected: () => {
        connected = true;
        this.#join();
      },
      event: (message) => this.#heard(message),
      closed: (line, why) => {
        if (line !== this.#line) return;
        this.#line = null;
        const was = this.joined;
        this.joined = false;
        if (was) this.#since = { at: Date.now(), as: 'reconnect' };
        if (was && this.#crowd.killing) this.#crowd.cut += 1;
        else if (!this.#crowd.killing) wrong(`line: ${why}`);
        this.#again(() => this.#dial());
      },
    });
    this.#line = dialled;
    agenda.at(Date.now() + CONNECT_TIMEOUT_MS, () => {
      if (connected || this.#line !== dialled) return;
      wrong(`line: not connected within ${CONNECT_TIMEOUT_MS / 1_000} s`);
      this.hangUp();
      this.#again(() => this.#dial());
    });
  }

  #join(): void {
    const ticket = this.#entered?.ticket ?? '';
    this.#send<AckData['room:join']>('room:join', JSON.stringify({ ticket }), null, (ok, joined) => {
      if (!ok) {
        this.#again(() => this.#line && this.#join());
        return;
      }
      this.joined = true;
      this.#failures = 0;
      this.#crowd.devices = Math.max(this.#crowd.devices, joined?.viewers ?? 0);
      const { at, as } = this.#since;
      this.#crowd.took(as, Date.now() - at);
      this.#whenJoined?.();
      this.#whenJoined = null;
      if (this.#watching && !this.#beating) this.#startBeating();
      if (this.#open) this.#answer();
      if (this.#check) this.#confirm();
      // Whoever was away when it was opened.
      if (joined) this.#shows(joined.room);
      this.flush();
    });
  }

  #startBeating(): void {
    this.#beating = true;
    this.#shown = Math.max(this.#classStartedAt, Date.now() - LATENCY_MS);
    const { agenda } = this.#crowd;
    let next = Date.now() + Math.random() * BEAT_INTERVAL_MS;
    const beat = () => {
      if (!this.#watching) return;
      this.#beat();
      next += BEAT_INTERVAL_MS;
      agenda.at(next, beat);
    };
    agenda.at(next, beat);
  }

  #beat(): void {
    const to = Date.now() - LATENCY_MS;
    if (this.#beating && to > this.#shown) {
      this.#seq += 1;
      this.#pending.push({ seq: this.#seq, from: this.#shown, to });
      this.#shown = to;
    }
    this.flush();
  }

  #heard(message: Buffer): void {
    const shown = this.#crowd.shownBy(message);
    if (shown) this.#shows(shown);
    else if (message.subarray(0, DRAINING.length).equals(DRAINING)) this.#moves(message);
  }

  /** As the page does when its worker is replaced: it leaves at a moment drawn at random, and comes to another at once. */
  #moves(message: Buffer): void {
    const [, { withinMs }] = JSON.parse(message.toString()) as [string, { withinMs: number }];
    const line = this.#line;
    this.#crowd.agenda.at(Date.now() + Math.random() * withinMs, () => {
      if (this.#line !== line) return;
      if (this.joined) this.#since = { at: Date.now(), as: 'reconnect' };
      this.hangUp();
      this.#dial();
    });
  }

  #shows({ question, presence }: NonNullable<ReturnType<Crowd['shownBy']>>): void {
    this.#asked(presence);
    if (!question || question.closed || this.seen.has(question.id) || !this.#watching) return;
    this.seen.add(question.id);
    this.#crowd.took('questionAt', Date.now());
    this.#crowd.agenda.at(Date.now() + Math.random() * ANSWER_WITHIN_MS, () => {
      this.#open = { question: question.id, choice: this.planned.n % CHOICES };
      if (this.joined) this.#answer();
    });
  }

  #asked(check: RoomPresenceCheck | null): void {
    if (!check || check.id === this.#seenCheck || !this.#watching) return;
    this.#seenCheck = check.id;
    const at = askedAt(check, this.#personId()) + LATENCY_MS + Math.random() * PRESS_WITHIN_MS;
    this.#crowd.agenda.at(at, () => {
      if (!this.#watching) return;
      this.#check = check.id;
      if (this.joined) this.#confirm();
    });
  }

  /** As the ticket says; a baseline's says nothing. */
  #personId(): string {
    const [, claims] = (this.#entered?.ticket ?? '').split('.');
    if (!claims) return this.#entered?.connId ?? '';
    return (JSON.parse(Buffer.from(claims, 'base64url').toString()) as { sub: string }).sub;
  }

  #confirm(): void {
    const checkId = this.#check;
    const payload = JSON.stringify({ checkId, pressedAgoMs: 0, pdt: Date.now() - LATENCY_MS });
    this.#send('presence:confirm', payload, 'presenceAck', (ok) => {
      if (ok && checkId) {
        this.#check = null;
        this.confirmed.push(checkId);
      } else this.#again(() => this.joined && this.#check && this.#confirm());
    });
  }

  #answer(): void {
    const open = this.#open;
    if (!open) return;
    const payload = JSON.stringify({ liveQuestionId: open.question, choice: [open.choice] });
    this.#send('quiz:answer', payload, 'answerAck', (ok, _stored, code) => {
      if (ok) this.answered.push(open);
      if (ok || code === 'question-closed') {
        if (this.#open === open) this.#open = null;
      } else this.#again(() => this.joined && this.#open && this.#answer());
    });
  }

  /** @param done with whether it was acked as stored, and what with; only once, and by time when nothing comes */
  #send<T>(
    event: string,
    payload: string,
    as: SampleName | null,
    done: (ok: boolean, data?: T, code?: string) => void,
  ): void {
    const line = this.#line;
    const { agenda, took, wrong } = this.#crowd;
    const from = performance.now();
    let over = false;
    line?.request<T>(event, payload, (answer) => {
      if (over) return;
      over = true;
      if (as) took(as, performance.now() - from);
      if (answer.ok) return done(true, answer.data);
      wrong(`${event}: ${answer.error.code}`);
      done(false, undefined, answer.error.code);
    });
    agenda.at(Date.now() + ACK_TIMEOUT_MS, () => {
      if (over) return;
      over = true;
      if (line === this.#line) wrong(`${event}: no ack within ${ACK_TIMEOUT_MS / 1_000} s`);
      done(false);
    });
  }

  /** Later, at a moment drawn at random from a growing range, as the page does. */
  #again(action: () => void): void {
    const range = this.#rangeAfter(this.#failures);
    this.#failures += 1;
    this.#crowd.agenda.at(Date.now() + Math.random() * range, action);
  }

  #pause(attempt: number): Promise<void> {
    const at = Date.now() + Math.random() * this.#rangeAfter(attempt);
    return new Promise((resolve) => this.#crowd.agenda.at(at, resolve));
  }

  #rangeAfter(failures: number): number {
    return Math.min(firstRangeMs(this.#crowd.devices) * 2 ** failures, RETRY_LONGEST_MS);
  }
}
