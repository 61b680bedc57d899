import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { io, type Socket } from 'socket.io-client';
import type { Result } from '#contract/api.ts';
import type { Ack } from '#contract/errors.ts';
import type { AckData, ClientEventName, ClientEvents, ServerEvents } from '#contract/events.ts';
import { BEAT_INTERVAL_MS } from '#contract/plain.ts';
import type { Logger } from '#server/logger.ts';

/** Somebody of the demo's district who will come. */
export interface DemoLearner {
  joinCode: string;
  name: string;
  phone: string;
}

type Admission = Result<'POST /sessions/:sessionId/ticket'>;
type Room = Admission['room'];

/** How far behind the moment a viewer's picture is, ms. */
const LATENCY_MS = 2_000;
const ARRIVE_WITHIN_MS = 20_000;
const ASKED = ['夜班人员怎么补课？', '台账可以用电子版吗？', '动火作业票由谁审批？', '外包人员也要参加培训吗？'];

/**
 * People who come over the real protocol: they join by their unit's code, get a ticket, enter the room, and report what a
 * page that plays would report. They do not fetch the picture.
 */
export function simulateLearners(
  address: string,
  { sessionId, learners }: { sessionId: string; learners: DemoLearner[] },
  count: number,
  logger: Logger,
): { stop(): void } {
  const sockets: Socket[] = [];
  let stopped = false;

  async function come(learner: DemoLearner, n: number): Promise<void> {
    await pause((n / count) * ARRIVE_WITHIN_MS);
    if (stopped) return;
    const cookie = await join(address, learner);
    const admission = await enter(address, cookie, sessionId);
    if (stopped) return;
    const socket: Socket<ServerEvents, ClientEvents> = io(address, { transports: ['websocket'], forceNew: true });
    sockets.push(socket as Socket);
    let seq = 0;
    let seen = Date.now();
    const request = <E extends ClientEventName>(event: E, payload: object): Promise<Ack<AckData[E]>> =>
      (socket as Socket).timeout(10_000).emitWithAck(event, payload);

    socket.on('connect', () => {
      void request('room:join', { ticket: admission.ticket }).catch(() => undefined);
    });
    socket.on('room:changed', (room: Room) => {
      const { question } = room;
      if (!question || question.closed) return;
      setTimeout(
        () => {
          const choice = [n % 5 === 0 ? 0 : Math.min(1, question.options.length - 1)];
          void request('quiz:answer', { liveQuestionId: question.id, choice }).catch(() => undefined);
        },
        3_000 + (n % 20) * 500,
      );
    });
    const beating = setInterval(() => {
      if (stopped) return clearInterval(beating);
      const to = Date.now() - LATENCY_MS;
      seq += 1;
      const beat = {
        seq,
        mediaFrom: seen,
        mediaTo: Math.max(seen, to),
        monotonicMs: performance.now(),
        state: { playing: true, hidden: n % 10 === 0, stalled: false },
      };
      seen = beat.mediaTo;
      void request('beat:send', { beats: [beat] }).catch(() => undefined);
    }, BEAT_INTERVAL_MS);
    const text = ASKED[n];
    if (text) setTimeout(() => void request('question:ask', { id: randomUUID(), text }).catch(() => undefined), 30_000);
  }

  for (const [n, learner] of learners.slice(0, count).entries()) {
    come(learner, n).catch((error: unknown) => {
      if (!stopped) logger.warn({ err: error }, 'a simulated learner could not come');
    });
  }
  return {
    stop() {
      stopped = true;
      for (const socket of sockets) socket.disconnect();
    },
  };
}

const HEADERS = { 'content-type': 'application/json', 'x-anke-client': 'demo' };

async function join(address: string, { joinCode, name, phone }: DemoLearner): Promise<string> {
  const answer = await fetch(`${address}/api/v1/join/unit/${joinCode}`, {
    method: 'POST',
    headers: HEADERS,
    body: JSON.stringify({ name, phone }),
  });
  if (!answer.ok) throw new Error(`joining: ${answer.status} ${await answer.text()}`);
  return answer.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';', 1)[0])
    .join('; ');
}

async function enter(address: string, cookie: string, sessionId: string): Promise<Admission> {
  const answer = await fetch(`${address}/api/v1/sessions/${sessionId}/ticket`, {
    method: 'POST',
    headers: { ...HEADERS, cookie },
    body: JSON.stringify({ deviceId: randomUUID() }),
  });
  if (!answer.ok) throw new Error(`entering: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Admission;
}
