import { once } from 'node:events';
import type http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, it } from 'vitest';
import { createViewerServer, FOR_EVER, MEDIA_TYPE, type Patience, send } from '#media/answers.ts';
import { createLogger } from '#media/logger.ts';

/** More than the buffers of two sockets. */
const LARGE = Buffer.alloc(64 * 1_024 * 1_024);
const SMALL = Buffer.from('0123456789');
let server: http.Server | undefined;

afterEach(() => server?.closeAllConnections());

async function serve(
  bytes: Buffer,
  patience: Partial<Patience> = {},
  gzip?: Buffer,
  onSent?: (bytes: number) => void,
): Promise<number> {
  const answer = async (req: http.IncomingMessage, res: http.ServerResponse) =>
    send(req, res, { bytes, gzip, type: MEDIA_TYPE, caching: FOR_EVER });
  server = createViewerServer(answer, createLogger('silent'), patience, onSent);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function connect(port: number, said: string): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(said);
  return socket;
}

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

it('cuts off who reads nothing', async () => {
  const socket = await connect(await serve(LARGE, { idleMs: 100 }), GET);
  await once(socket, 'readable');
  await connectionsGone();
});

it('cuts off who reads too slowly to be watching', async () => {
  const socket = await connect(await serve(LARGE, { answerMs: 200 }), GET);
  let read = 0;
  const reading = setInterval(() => {
    read += (socket.read(1_024) as Buffer | null)?.length ?? 0;
  }, 10);
  await once(socket, 'readable');
  await connectionsGone();
  clearInterval(reading);
  expect(read).toBeLessThan(LARGE.length);
});

it('cuts off who does not say what it wants', async () => {
  const socket = await connect(await serve(SMALL, { headersMs: 100 }), 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ');
  socket.resume();
  await once(socket, 'close');
});

it('counts what it sends, which of an answer to HEAD is not its content', async () => {
  let counted = 0;
  const port = await serve(LARGE, {}, undefined, (bytes) => {
    counted += bytes;
  });
  const ask = async (init: RequestInit) => (await fetch(`http://127.0.0.1:${port}/`, init)).arrayBuffer();
  await ask({ method: 'HEAD' });
  await expect.poll(() => counted).toBeGreaterThan(0);
  expect(counted).toBeLessThan(1_000);
  await ask({ headers: { range: 'bytes=0-99999' } });
  await expect.poll(() => counted).toBeGreaterThan(100_000);
  expect(counted).toBeLessThan(110_000);
});

it('gives ranges of what is whole and refuses those outside', async () => {
  const port = await serve(SMALL);
  const get = (range: string) => fetch(`http://127.0.0.1:${port}/`, { headers: { range } });
  const some = await get('bytes=2-4');
  expect([some.status, some.headers.get('content-range'), await some.text()]).toEqual([206, 'bytes 2-4/10', '234']);
  expect(await (await get('bytes=8-')).text()).toBe('89');
  expect((await get('bytes=10-')).status).toBe(416);
  expect((await get('bytes=1-2,4-5')).status).toBe(200);
});

it('compresses for those who take it, and says that it depends', async () => {
  const text = Buffer.from('#EXTM3U\n'.repeat(100));
  const port = await serve(text, {}, gzipSync(text));
  const packed = await fetch(`http://127.0.0.1:${port}/`, { headers: { 'accept-encoding': 'gzip' } });
  expect([packed.headers.get('content-encoding'), packed.headers.get('vary')]).toEqual(['gzip', 'accept-encoding']);
  expect(await packed.text()).toBe(text.toString());
  const plain = await fetch(`http://127.0.0.1:${port}/`, { headers: { 'accept-encoding': 'gzip;q=0, br' } });
  expect(plain.headers.get('content-encoding')).toBeNull();
  expect(await plain.text()).toBe(text.toString());
});

/** Resolves when the server holds no connection any more. */
async function connectionsGone(): Promise<void> {
  const count = () =>
    new Promise<number>((resolve, reject) =>
      server?.getConnections((error, connections) => (error ? reject(error) : resolve(connections))),
    );
  while ((await count()) > 0) await new Promise((resolve) => setTimeout(resolve, 20));
}
