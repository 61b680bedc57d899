import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeCertificate } from '#tests/support/certificate.ts';
import {
  type HookEndpoint,
  type MediaRun,
  makeBroadcast,
  makeDataFolder,
  startHookEndpoint,
  startMediaProcess,
  until,
} from '#tests/support/media-run.ts';
import { publishTestSignal } from '#tests/support/publish.ts';

let app: HookEndpoint;
let media: MediaRun;
let dataDir: string;
let certificate: string;
let key: string;

beforeAll(async () => {
  dataDir = makeDataFolder();
  ({ certificate, key } = makeCertificate(dataDir));
  app = await startHookEndpoint();
  const env = { RTMPS_PORT: '0', RTMPS_CERT: certificate, RTMPS_KEY: key };
  media = await startMediaProcess(dataDir, app.url, env);
});
afterAll(async () => {
  await media?.stop();
  await app?.close();
  fs.rmSync(dataDir, { recursive: true });
});

it('takes a publisher by RTMPS, and by RTMP beside it', async () => {
  const broadcast = makeBroadcast();
  app.keys.set('secret', broadcast);
  const hidden = publishTestSignal(`rtmps://127.0.0.1:${media.rtmpsPort}/live/secret`);
  await until(async () => (await media.status(broadcast))?.publishing);
  const plain = publishTestSignal(media.rtmpUrl('secret'));
  await until(async () => (await media.status(broadcast))?.publishers.length === 2);
  expect(hidden.stderr()).toBe('');
  await Promise.all([plain.stop(), hidden.stop()]);
});

it('outlives what is no TLS, and a peer that leaves in the handshake', async () => {
  for (const bytes of [Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.from([3, 0, 0]), Buffer.alloc(0)]) {
    const socket = net.connect(media.rtmpsPort ?? 0, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.resume().end(bytes);
    await once(socket, 'close');
  }
  const socket = tls.connect({ port: media.rtmpsPort ?? 0, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  expect(socket.getPeerCertificate().subject.CN).toBe('localhost');
  socket.destroy();
  expect(media.child.exitCode).toBeNull();
});

it('is not kept from a publisher by those who connect and say nothing', async () => {
  const broadcast = makeBroadcast();
  app.keys.set('patient', broadcast);
  const silent = Array.from({ length: 200 }, () => net.connect(media.rtmpsPort ?? 0, '127.0.0.1'));
  for (const socket of silent) socket.on('error', () => undefined).resume();
  await Promise.all(silent.map((socket) => once(socket, 'connect')));
  const publisher = publishTestSignal(`rtmps://127.0.0.1:${media.rtmpsPort}/live/patient`);
  await until(async () => (await media.status(broadcast))?.publishing);
  expect(publisher.stderr()).toBe('');
  await until(() => silent.filter((socket) => !socket.closed).length <= 64);
  for (const socket of silent) socket.destroy();
  await publisher.stop();
});

it('does not start without the files that RTMPS needs', async () => {
  const starting = startMediaProcess(dataDir, app.url, { RTMPS_PORT: '0', RTMPS_CERT: certificate });
  await expect(starting).rejects.toThrow('media left');
});
