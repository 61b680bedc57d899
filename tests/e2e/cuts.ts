import type { Page, WebSocketRoute } from '@playwright/test';

/** What takes part of the network away from a page, and gives it back. */
export interface Cut {
  cut(): Promise<void>;
  mend(): Promise<void>;
}

/** Takes requests to some places away: they fail, and so do those under way. */
export function requestCut(page: Page, places: RegExp): Cut {
  const refuse = (route: { abort: (code: string) => Promise<void> }) => route.abort('connectionreset');
  return {
    async cut() {
      await page.route(places, refuse);
    },
    async mend() {
      await page.unroute(places, refuse);
    },
  };
}

/**
 * Takes the socket away, long polling too. `closed`: it is torn and each new one refused. `silent`: nothing comes through any
 * more and nobody is told, as when a phone leaves the reach of its network. To be called before the page is opened.
 */
export async function socketCut(page: Page, how: 'closed' | 'silent'): Promise<Cut> {
  let away = false;
  const open = new Set<WebSocketRoute>();
  await page.routeWebSocket(/\/socket\.io\//, (socket) => {
    if (away) {
      if (how === 'closed') void socket.close({ code: 1013 });
      return;
    }
    const server = socket.connectToServer();
    open.add(socket);
    socket.onMessage((message) => !away && server.send(message));
    server.onMessage((message) => !away && socket.send(message));
    for (const [side, other] of [
      [socket, server],
      [server, socket],
    ] as const) {
      side.onClose((code, reason) => {
        open.delete(socket);
        void other.close({ ...(code && { code }), ...(reason && { reason }) });
      });
    }
  });
  const polling = requestCut(page, /\/socket\.io\/.*transport=polling/);
  return {
    async cut() {
      away = true;
      await polling.cut();
      if (how === 'closed') await Promise.all([...open].map((socket) => socket.close({ code: 1013 })));
    },
    async mend() {
      away = false;
      await polling.mend();
    },
  };
}
