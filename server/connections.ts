import type http from 'node:http';

/** The open connections of a server, whoever accepted them. */
export interface Connections {
  count(): number;
  /** Settles when there is none. */
  gone(): Promise<void>;
}

export function countConnections(server: http.Server): Connections {
  let open = 0;
  let waiting: (() => void)[] = [];
  // One function for all of them: a closure on each socket would cost every one of them memory.
  const left = () => {
    open -= 1;
    if (open > 0) return;
    for (const resolve of waiting) resolve();
    waiting = [];
  };
  server.on('connection', (socket) => {
    open += 1;
    socket.on('close', left);
  });
  return {
    count: () => open,
    gone: () => (open === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
}
