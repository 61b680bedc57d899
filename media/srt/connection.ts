import type { Logger } from '../logger.ts';
import type { PublicationOptions } from '../publication.ts';
import { decrypt, openKeyMaterial, type StreamKeys } from './keys.ts';
import {
  ACK,
  ACKACK,
  type ControlPacket,
  controlPacket,
  type DataPacket,
  DROP_REQUEST,
  KEEPALIVE,
  lossList,
  MAX_PAYLOAD,
  NAK,
  parsePacket,
  SHUTDOWN,
  USER_DEFINED,
} from './packet.ts';
import { SrtPublication } from './publication.ts';
import { ReceiveWindow, WINDOW } from './receive-window.ts';

export interface SrtConnectionOptions {
  logger: Logger;
  clock: PublicationOptions['clock'];
  /** Without a frame from a publisher that is read from, ms. */
  dataMs: number;
  /** Until a publisher is cut off whose codec is not taken, ms. */
  unsupportedMs?: number | undefined;
  remoteAddress: string;
  peerSocketId: number;
  initialSequence: number;
  /** For how long a missing packet is waited for, ms. */
  latency: number;
  keys: StreamKeys;
  /** As it was opened in the handshake. */
  keyMaterial: Buffer;
  passphrase: string;
  /** Notes key material of this caller. @returns false when another has used it */
  takeSalt: (salt: Buffer) => boolean;
  send: (packet: Buffer) => void;
  /** Monotonic, ms. */
  now: () => number;
}

/** Subtypes of user-defined packets: another key, and that it was understood. */
const KM_REQUEST = 3;
const KM_RESPONSE = 4;

/** A peer of which nothing at all comes for so long is gone: so libsrt has it. */
const PEER_IDLE_MS = 5_000;
const KEEPALIVE_MS = 1_000;
/** What is missing is asked for again so often, at least. */
const LEAST_NAK_MS = 20;
/** Runs of missing packets that fit into one packet. */
const MAX_RANGES = 160;
/** Acknowledgements whose answer is awaited. */
const MAX_AWAITED = 64;
const FIRST_RTT_MS = 100;
/** Kept for an encoder that takes nothing for the moment; the packets of about ten seconds. */
const MAX_HELD_BYTES = 16 * 1024 * 1024;
/** A small payload costs no less memory than that. */
const LEAST_HELD = 1_024;
/** An encoder that sends what we don't take is shown to the officer for so long; it can be told nothing itself. */
const UNSUPPORTED_MS = 15_000;
/** Between two ticks: we were busy, and what came meanwhile is still unread. */
const LATE_TICK_MS = 100;

/** One SRT caller who was let in. Whatever is wrong with it ends it and nothing else. */
export class SrtConnection {
  readonly publication: SrtPublication;
  readonly #options: SrtConnectionOptions;
  readonly #window: ReceiveWindow;
  readonly #began: number;
  #keys: StreamKeys;
  /** The one that was opened last. */
  #keyMaterial: Buffer;
  #isOpening = false;
  #deadline: NodeJS.Timeout | undefined;
  #held: Buffer[] | null = null;
  #heldBytes = 0;
  #refused = false;
  #ended = false;
  #heardAt: number;
  #saidAt: number;
  #tickedAt: number;
  #wasLate = false;
  #askedAt: number;
  #acknowledged: number;
  #acks = 0;
  /** When an acknowledgement was sent, by its number. */
  #awaited = new Map<number, number>();
  /** ms; as long as nothing was measured, a guess. */
  #rtt = FIRST_RTT_MS;
  #rttVariance = FIRST_RTT_MS / 2;
  #measured = false;
  #onEnd: () => void = () => undefined;

  constructor(options: SrtConnectionOptions) {
    const { now, initialSequence, latency, keys, keyMaterial, remoteAddress, clock } = options;
    this.#options = options;
    this.#began = now();
    this.#heardAt = this.#began;
    this.#saidAt = this.#began;
    this.#tickedAt = this.#began;
    this.#askedAt = this.#began;
    this.#acknowledged = initialSequence;
    this.#window = new ReceiveWindow(initialSequence, latency);
    this.#keys = keys;
    this.#keyMaterial = Buffer.from(keyMaterial);
    this.publication = new SrtPublication({
      remoteAddress,
      clock,
      disconnect: (reason) => this.end(reason),
      setPaused: (paused) => this.#orEnd(() => this.#setPaused(paused)),
    });
    this.#expectData();
  }

  get ended(): boolean {
    return this.#ended;
  }

  onEnd(listener: () => void): void {
    this.#onEnd = listener;
  }

  /** Disconnects; the publication ends with this reason. Ending twice is harmless. */
  end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#deadline);
    this.#held = null;
    this.sayGoodbye();
    const { logger, remoteAddress } = this.#options;
    const line = { lostPackets: this.#window.lost, roundTripMs: Math.round(this.#rtt) };
    logger.info({ remoteAddress, reason, ...line }, 'SRT connection ended');
    this.publication.finish(reason);
    this.#onEnd();
  }

  /** Once more, to a peer that has not heard that it is over. */
  sayGoodbye(): void {
    this.#send({ type: SHUTDOWN });
  }

  /** A packet from the peer. */
  receive(bytes: Buffer): void {
    const packet = parsePacket(bytes);
    if (!packet || this.#ended) return;
    this.#heardAt = this.#options.now();
    this.#orEnd(() => (packet.kind === 'data' ? this.#takeData(packet) : this.#takeControl(packet)));
  }

  /** Every ten milliseconds: says what has come, and asks for what has not. */
  tick(): void {
    if (!this.#ended) this.#orEnd(() => this.#tick(this.#options.now()));
  }

  #tick(now: number): void {
    // What arrived while we were busy is read between this tick and the next.
    const isLate = now - this.#tickedAt > LATE_TICK_MS && !this.#wasLate;
    this.#tickedAt = now;
    this.#wasLate = isLate;
    if (now - this.#heardAt > PEER_IDLE_MS && !isLate) {
      this.end('connection lost');
      return;
    }
    if (!isLate) this.#hand(this.#window.giveUp(now));
    if (this.#ended) return;
    if (this.#window.next !== this.#acknowledged) this.#acknowledge(now);
    if (now - this.#askedAt >= Math.max(LEAST_NAK_MS, (this.#rtt + 4 * this.#rttVariance) / 2)) {
      this.#askedAt = now;
      const losses = this.#window.losses(MAX_RANGES);
      if (losses.length > 0) this.#send({ type: NAK, content: lossList(losses) });
    }
    if (now - this.#saidAt >= KEEPALIVE_MS) this.#send({ type: KEEPALIVE });
  }

  /** What a caller sends must not end more than the caller. */
  #orEnd(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (this.#ended) return;
      const { logger, remoteAddress } = this.#options;
      logger.error({ err: error, remoteAddress }, 'an SRT stream could not be taken');
      this.end('unreadable stream');
    }
  }

  #takeData(packet: DataPacket): void {
    if (packet.payload.length > MAX_PAYLOAD) return;
    const payload = decrypt(this.#keys, packet);
    // A caller that was let in with a passphrase sends nothing in the clear.
    if (!payload) return;
    const now = this.#options.now();
    const { ready, missing } = this.#window.take(packet.sequence, payload, now);
    if (missing) this.#send({ type: NAK, content: lossList([missing]) });
    this.#hand(ready);
  }

  #takeControl({ type, subtype, number, content }: ControlPacket): void {
    switch (type) {
      case ACKACK:
        this.#learnRtt(number);
        break;
      case SHUTDOWN:
        this.end('the publisher stopped');
        break;
      case DROP_REQUEST:
        if (content.length >= 8) {
          const [first, last] = [content.readUInt32BE(0) & 0x7fffffff, content.readUInt32BE(4) & 0x7fffffff];
          this.#hand(this.#window.drop(first, last));
        }
        break;
      case USER_DEFINED:
        if (subtype === KM_REQUEST) this.#takeKeys(Buffer.from(content));
    }
  }

  /** The caller changes its key now and then, says it beforehand, and says it again until it is answered. */
  #takeKeys(message: Buffer): void {
    if (message.equals(this.#keyMaterial)) {
      this.#answerKeys(message);
      return;
    }
    // Deriving is dear: whatever the caller sends, one at a time.
    if (this.#isOpening) return;
    this.#isOpening = true;
    openKeyMaterial(message, this.#options.passphrase, this.#keys)
      .then((keys) => this.#orEnd(() => this.#useKeys(message, keys)))
      .catch((error: unknown) => this.#options.logger.error({ err: error }, 'an SRT key could not be opened'))
      .finally(() => {
        this.#isOpening = false;
      });
  }

  #useKeys(message: Buffer, keys: StreamKeys | null): void {
    if (!keys || this.#ended) return;
    // One that is still in use may not be said again.
    const isSame = keys.salt.equals(this.#keys.salt);
    if (!isSame && !this.#options.takeSalt(keys.salt)) return;
    this.#keys = isSame ? { ...keys, even: keys.even ?? this.#keys.even, odd: keys.odd ?? this.#keys.odd } : keys;
    this.#keyMaterial = message;
    this.#answerKeys(message);
  }

  #answerKeys(message: Buffer): void {
    this.#send({ type: USER_DEFINED, subtype: KM_RESPONSE, content: message });
  }

  #learnRtt(number: number): void {
    const sentAt = this.#awaited.get(number);
    if (sentAt === undefined) return;
    this.#awaited.delete(number);
    const rtt = this.#options.now() - sentAt;
    this.#rttVariance = this.#measured ? (3 * this.#rttVariance + Math.abs(rtt - this.#rtt)) / 4 : rtt / 2;
    this.#rtt = this.#measured ? (7 * this.#rtt + rtt) / 8 : rtt;
    this.#measured = true;
  }

  #acknowledge(now: number): void {
    this.#acknowledged = this.#window.next;
    this.#acks += 1;
    this.#awaited.set(this.#acks, now);
    const [oldest] = this.#awaited.keys();
    if (this.#awaited.size > MAX_AWAITED && oldest !== undefined) this.#awaited.delete(oldest);
    const content = Buffer.alloc(16);
    content.writeUInt32BE(this.#acknowledged, 0);
    content.writeUInt32BE(Math.round(this.#rtt * 1_000), 4);
    content.writeUInt32BE(Math.round(this.#rttVariance * 1_000), 8);
    content.writeUInt32BE(Math.max(2, Math.min(WINDOW, this.#window.free)), 12);
    // Of the rates that may follow a live caller makes no use.
    this.#send({ type: ACK, number: this.#acks, content });
  }

  #hand(ready: Buffer[]): void {
    for (const payload of ready) {
      if (this.#ended) return;
      if (this.#held) this.#hold(payload);
      else this.#publish(payload);
    }
  }

  #publish(payload: Buffer): void {
    if (this.publication.take(payload) && !this.#held && !this.#refused) this.#deadline?.refresh();
    const { unsupported } = this.publication;
    if ((unsupported !== null) !== this.#refused) this.#judge(unsupported);
  }

  /** An encoder may be set right while it sends. */
  #judge(unsupported: SrtPublication['unsupported']): void {
    this.#refused = unsupported !== null;
    if (!unsupported) {
      if (!this.#held) this.#expectData();
      return;
    }
    const { logger, remoteAddress, unsupportedMs = UNSUPPORTED_MS } = this.#options;
    const reason = `unsupported-${unsupported.track}`;
    logger.info({ remoteAddress, reason, codec: unsupported.codec }, 'publisher refused');
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.end(reason), unsupportedMs);
  }

  #hold(payload: Buffer): void {
    this.#held?.push(payload);
    this.#heldBytes += Math.max(payload.length, LEAST_HELD);
    if (this.#heldBytes > MAX_HELD_BYTES) this.end('the server cannot keep up');
  }

  /** Nobody can be told to wait: what comes meanwhile is kept. */
  #setPaused(paused: boolean): void {
    if (this.#ended || paused === (this.#held !== null)) return;
    if (paused) {
      // A publisher that is not read from can't be blamed for silence.
      if (!this.#refused) clearTimeout(this.#deadline);
      this.#held = [];
      return;
    }
    const held = this.#held ?? [];
    this.#held = null;
    this.#heldBytes = 0;
    if (!this.#refused) this.#expectData();
    this.#hand(held);
  }

  #expectData(): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.end('no data'), this.#options.dataMs);
  }

  #send(packet: Parameters<typeof controlPacket>[0]): void {
    const { now, send, peerSocketId } = this.#options;
    this.#saidAt = now();
    send(controlPacket(packet, Math.round((this.#saidAt - this.#began) * 1_000), peerSocketId));
  }
}
