import { ApiError, call } from '#client/api.ts';
import { expectDevices, openSocket, type RoomSocket, request } from '#client/socket.ts';
import type { BeatsStored } from '#contract/attendance.ts';
import type { PresenceConfirmation, PresenceStanding } from '#contract/presence.ts';
import type { ReplayStatus } from '#contract/replay.ts';
import { type Admission, askAdmission } from './admission.ts';
import { BeatSender } from './beats.ts';
import { setPlaybackCookie } from './playback-cookie.ts';
import type { Sample } from './stretches.ts';

export type Room = Admission['room'];

/** What a page shows of its room. Replaced, never changed. */
export interface RoomView {
  /** null until the first admission. */
  room: Room | null;
  creditedMs: number;
  /** 设备 in the room; null while unknown. */
  viewers: number | null;
  connected: boolean;
  /** Time that was watched waits on this device for the server. */
  unsent: boolean;
  /** Why the room can't be entered; null while it can. */
  refusal: ApiError | null;
  /** What may be played: `/media/<playable>/` is open to this browser. */
  playable: string | null;
  /** Rises with each playback token, so that a player that was refused tries again. */
  admissions: number;
  /** Who I am; null until the first admission. */
  personId: string | null;
  /** Where I stand with presence checks, over all my devices. */
  standing: PresenceStanding;
  /** Where I stand in a replay that counts, and when that was told (`performance.now()`); null where none does. */
  replay: { status: ReplayStatus; at: number } | null;
  /** Live questions that I have answered, also on another device. */
  answered: readonly string[];
}

const REENTER_MS = 1_500;
const RETRY_LONGEST_MS = 15_000;
/** Refused joins for which the whole admission is made again. */
const NEW_TICKET_HELPS = new Set<string>(['bad-ticket', 'not-signed-in']);
/** Refusals that only a person can change; everything else is tried again. */
export const FINAL = new Set<string>([
  'not-invited',
  'session-not-open',
  'not-found',
  'forbidden',
  'not-signed-in',
  'login-ended',
  'person-refused',
]);

/**
 * A page's tie to one room: admission, socket, the room as it stands, and its beats. Reconnects and enters again by itself
 * until it is closed.
 */
export class RoomLink {
  readonly sessionId: string;
  readonly socket: RoomSocket = openSocket();
  /** Set by the player while there is one. */
  look: (() => Sample) | null = null;
  /** Where on the session axis the picture is, epoch ms, for somebody who has gone back in the class. */
  wasInPast: number | null = null;
  readonly #admit: () => Promise<Admission>;
  #view: RoomView = {
    room: null,
    creditedMs: 0,
    viewers: null,
    connected: false,
    unsent: false,
    refusal: null,
    playable: null,
    admissions: 0,
    personId: null,
    standing: { confirmed: null, missedFrom: null },
    replay: null,
    answered: [],
  };
  #listeners = new Set<() => void>();
  #beats: BeatSender | null = null;
  #ticket: string | null = null;
  /** The ticket for which the socket stands at present. */
  #joinedTicket: string | null = null;
  /** The place that the playback token of the last admission opens. */
  #admittedPrefix: string | null = null;
  /** By `performance.now()`, when an admission with a place to read from was last given. */
  #enteredAt = Number.NEGATIVE_INFINITY;
  #entering = false;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  /** @param admit how this page is let in: as the person who is signed in, unless it is a shared screen's */
  constructor(sessionId: string, admit: () => Promise<Admission> = () => askAdmission(sessionId)) {
    this.sessionId = sessionId;
    this.#admit = admit;
    this.socket.on('connect', () => void this.#join());
    this.socket.on('disconnect', () => {
      this.#joinedTicket = null;
      this.#show({ connected: false });
    });
    this.socket.on('room:changed', (room) => this.#showRoom(room));
    this.socket.on('room:viewers', ({ sessionId: of, devices }) => {
      if (of === sessionId) this.#showDevices(devices);
    });
    void this.enter();
  }

  view = (): RoomView => this.#view;

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Where the player's samples go; null before the first admission. */
  get beats(): BeatSender | null {
    return this.#beats;
  }

  /** Gets a new ticket and playback token. One at a time. */
  async enter(): Promise<void> {
    if (this.#entering || this.#closed) return;
    clearTimeout(this.#timer);
    this.#entering = true;
    try {
      const admission = await this.#admit();
      if (!this.#closed) this.#admitted(admission);
    } catch (error) {
      this.#retry(error instanceof ApiError ? error : new ApiError('offline'), () => void this.enter());
    } finally {
      this.#entering = false;
    }
  }

  /**
   * Enters again a little later, at a moment drawn at random: everybody in the room may want to at once. Slower when the last time
   * was only just, since it may not have helped.
   */
  enterSoon(): void {
    clearTimeout(this.#timer);
    const range = performance.now() - this.#enteredAt < RETRY_LONGEST_MS ? RETRY_LONGEST_MS : REENTER_MS;
    this.#timer = setTimeout(() => void this.enter(), Math.random() * range);
  }

  noteAnswered(liveQuestionId: string): void {
    if (!this.#view.answered.includes(liveQuestionId)) {
      this.#show({ answered: [...this.#view.answered, liveQuestionId] });
    }
  }

  /** Proves what this page reports; null before the first admission. */
  get ticket(): string | null {
    return this.#ticket;
  }

  /** Says that the person is there, by the socket or, where that is away, by a plain request. @throws ApiError */
  async confirmPresence(confirmation: PresenceConfirmation): Promise<void> {
    const ticket = this.#ticket;
    if (!ticket) throw new ApiError('offline');
    const joined = this.#joinedTicket === ticket;
    const { creditedMs, standing, replay } = joined
      ? await request(this.socket, 'presence:confirm', confirmation)
      : await call('POST /presence', { body: { ...confirmation, ticket } });
    this.#show({ creditedMs, standing, ...told(replay) });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#beats?.close();
    this.socket.disconnect();
  }

  #admitted(admission: Admission): void {
    const { room, playbackToken } = admission;
    this.#ticket = admission.ticket;
    this.#admittedPrefix = room.prefix;
    if (room.prefix) this.#enteredAt = performance.now();
    if (playbackToken && room.prefix) setPlaybackCookie(room.prefix, playbackToken);
    this.#beats?.close();
    this.#beats = new BeatSender({
      ticket: admission.ticket,
      connId: admission.connId,
      socket: this.socket,
      joined: () => this.#joinedTicket === admission.ticket,
      look: () => this.look?.() ?? null,
      onStored: (stored) => this.#stored(stored),
      onRefused: () => this.enterSoon(),
      onUnsent: (unsent) => unsent !== this.#view.unsent && this.#show({ unsent }),
    });
    this.#show({
      refusal: null,
      unsent: false,
      // A missed check takes away what was shown before.
      creditedMs: admission.creditedMs,
      personId: admission.personId,
      standing: admission.standing,
      replay: told(admission.replay ?? undefined).replay ?? null,
      ...(playbackToken && { playable: room.prefix, admissions: this.#view.admissions + 1 }),
      answered: [...new Set([...this.#view.answered, ...admission.answered])],
    });
    this.#showRoom(room);
    void this.#join();
  }

  /** Tries again after a wait drawn at random from a growing range, unless that can't help. */
  #retry(refusal: ApiError, again: () => void): void {
    if (this.#closed) return;
    this.#show({ refusal });
    if (FINAL.has(refusal.code)) {
      clearTimeout(this.#timer);
      return;
    }
    this.#failures += 1;
    const range = Math.min(1_000 * 2 ** this.#failures, RETRY_LONGEST_MS);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(again, Math.random() * range);
  }

  #showDevices(devices: number, more: Partial<RoomView> = {}): void {
    expectDevices(this.socket, devices);
    this.#show({ ...more, viewers: devices });
  }

  async #join(): Promise<void> {
    const ticket = this.#ticket;
    if (!ticket || !this.socket.connected) return;
    this.#joinedTicket = null;
    try {
      const joined = await request(this.socket, 'room:join', { ticket });
      // A newer ticket came meanwhile, and joins by itself.
      if (ticket !== this.#ticket) return;
      this.#joinedTicket = ticket;
      this.#failures = 0;
      this.#showDevices(joined.viewers, { connected: true, refusal: null });
      this.#showRoom(joined.room);
      void this.#beats?.flush();
    } catch (error) {
      const refusal = error instanceof ApiError ? error : new ApiError('offline');
      // Entering finds out whether the login has ended, or only its short-lived half, and renews that.
      if (NEW_TICKET_HELPS.has(refusal.code)) await this.enter();
      else this.#retry(refusal, () => void this.#join());
    }
  }

  #stored(stored: BeatsStored): void {
    const { confirmed } = this.#view.standing;
    this.#show({
      creditedMs: stored.creditedMs,
      standing: stored.standing ?? { confirmed, missedFrom: null },
      ...told(stored.replay),
    });
    const { room } = this.#view;
    if (room?.prefix && stored.playbackToken) setPlaybackCookie(room.prefix, stored.playbackToken);
    if (room && stored.revision > room.revision) void this.#fetchRoom();
  }

  async #fetchRoom(): Promise<void> {
    try {
      this.#showRoom(await call('GET /sessions/:sessionId/room', { params: { sessionId: this.sessionId } }));
    } catch {
      // The next ack says again that there is something newer.
    }
  }

  #showRoom(room: Room): void {
    const before = this.#view.room;
    if (room.sessionId !== this.sessionId || (before && room.revision < before.revision)) return;
    this.#show({ room });
    // A new place to read from needs a token of its own.
    if (room.prefix && room.prefix !== this.#admittedPrefix) this.enterSoon();
  }

  #show(changes: Partial<RoomView>): void {
    this.#view = { ...this.#view, ...changes };
    for (const listener of this.#listeners) listener();
  }
}

function told(status: ReplayStatus | undefined): Partial<Pick<RoomView, 'replay'>> {
  return status ? { replay: { status, at: performance.now() } } : {};
}
