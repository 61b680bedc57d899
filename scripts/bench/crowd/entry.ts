import type { z } from 'zod';
import type { Admission } from '#contract/live.ts';
import { Wire } from '../generator.ts';

/** Somebody who knows their unit's code, and nothing else of the installation. */
export interface Arrival {
  joinCode: string;
  name: string;
  phone: string;
  /** The address of this machine that they come from. */
  from: string;
  /** Types a wrong code first. */
  mistypes: boolean;
}

export type EntryStep = 'shell' | 'me' | 'code' | 'sign-in' | 'list' | 'ticket';

export interface Entered {
  ticket: string;
  connId: string;
  /** As the browser sends it to the sockets. */
  cookie: string;
}

/** The server said no. `code` is its own word for it, or the status. */
export class Refused extends Error {
  readonly code: string;

  constructor(step: EntryStep, code: string) {
    super(`${step}: ${code}`);
    this.code = `${step}: ${code}`;
  }
}

/**
 * What a browser that was never here asks for until it has its ticket, one request after the other on one connection: the
 * page's shell, whose code it is, sign-in by name and phone, the list of classes, the ticket.
 * @throws Refused, or Error for a connection that broke
 */
export async function enter(
  url: URL,
  arrival: Arrival,
  sessionId: string,
  took: (step: EntryStep, ms: number) => void,
): Promise<Entered> {
  let wire = new Wire(url, arrival.from);
  let cookie = '';
  let place = '';
  const ask = async (step: EntryStep, method: string, path: string, body?: object) => {
    const from = performance.now();
    const reply = await wire.ask(request(url, method, path, cookie, place, body));
    took(step, performance.now() - from);
    const set = [...reply.head.matchAll(/^set-cookie: (\w+=[^;]+)/gim)].map(([, pair]) => pair);
    if (set.length > 0) cookie = set.join('; ');
    place = /^x-anke-place: (\S+)/im.exec(reply.head)?.[1] ?? place;
    return reply;
  };
  const inTurn = async (step: EntryStep, method: string, path: string, body?: object) => {
    for (;;) {
      const { status, ...reply } = await ask(step, method, `/api/v1${path}`, body);
      const answer = JSON.parse(reply.body.toString() || 'null') as Answer | null;
      if (answer?.code !== 'in-line') return { status, answer };
      // In line, as the page is; on another connection, since the server closes one that is silent.
      wire.close();
      await new Promise((resolve) => setTimeout(resolve, answer.params?.retryMs));
      wire = new Wire(url, arrival.from);
    }
  };
  const call = async <T>(step: EntryStep, method: string, path: string, body?: object): Promise<T> => {
    const { status, answer } = await inTurn(step, method, path, body);
    if (status >= 300) throw new Refused(step, answer?.code ?? String(status));
    return answer as T;
  };
  try {
    const shell = await ask('shell', 'GET', `/u/${arrival.joinCode}`);
    if (shell.status !== 200) throw new Refused('shell', String(shell.status));
    await call('me', 'GET', '/me');
    if (arrival.mistypes) {
      const wrong = await inTurn('code', 'GET', '/join/unit/AAAAAAAA');
      if (wrong.status !== 404) throw new Refused('code', `a wrong code is answered ${wrong.status}`);
    }
    await call('code', 'GET', `/join/unit/${arrival.joinCode}`);
    const { name, phone } = arrival;
    await call('sign-in', 'POST', `/join/unit/${arrival.joinCode}`, { name, phone });
    await call('list', 'GET', '/my/sessions');
    const admission = await call<z.infer<typeof Admission>>('ticket', 'POST', `/sessions/${sessionId}/ticket`, {
      deviceId: crypto.randomUUID(),
    });
    const access = cookie.split('; ').find((pair) => pair.startsWith('anke_access=')) ?? '';
    return { ticket: admission.ticket, connId: admission.connId, cookie: access };
  } finally {
    wire.close();
  }
}

interface Answer {
  code?: string;
  params?: { retryMs: number };
}

function request(url: URL, method: string, path: string, cookie: string, place: string, body?: object): string {
  const content = body ? JSON.stringify(body) : '';
  const lines = [
    `${method} ${path} HTTP/1.1`,
    `Host: ${url.host}`,
    'Accept-Language: zh-CN,zh;q=0.9',
    'X-Anke-Client: web',
    ...(cookie ? [`Cookie: ${cookie}`] : []),
    ...(place ? [`X-Anke-Place: ${place}`] : []),
    ...(body ? ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(content)}`] : []),
  ];
  return `${lines.join('\r\n')}\r\n\r\n${content}`;
}
