import { once } from 'node:events';
import net from 'node:net';
import { expect, test } from 'vitest';
import { claimPort, freePort, freeUdpPort, PortError } from '#server/supervisor/ports.ts';

async function busyPort(): Promise<{ port: number; server: net.Server }> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as net.AddressInfo).port, server };
}

test('a busy port is named together with the variable that changes it', async () => {
  const { port, server } = await busyPort();
  const claim = claimPort('PORT', port, '127.0.0.1', 0);
  await expect(claim).rejects.toBeInstanceOf(PortError);
  await expect(claim).rejects.toThrow(`port ${port} is in use by another program: set PORT to a free one`);
  server.close();
});

test('a port that is about to be free is waited for', async () => {
  const { port, server } = await busyPort();
  const claim = claimPort('RTMP_PORT', port, '127.0.0.1', 10_000);
  server.close();
  expect(await claim).toBe(port);
});

test('port 0 becomes a free one that no outgoing connection takes', async () => {
  const ports = [await claimPort('PORT', 0, '127.0.0.1', 0), await freePort(), await freeUdpPort('127.0.0.1')];
  for (const port of ports) {
    expect(port).toBeGreaterThan(1_023);
    expect(port).toBeLessThan(32_768);
  }
});

test('an address that is not ours is said to be the trouble', async () => {
  await expect(claimPort('PORT', 0, '203.0.113.1', 0)).rejects.toThrow('check HOST and PORT');
});
