import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type MediaError, problemOf } from '#media/errors.ts';
import type { Logger } from '#media/logger.ts';
import { VideoLibrary } from '#media/videos/library.ts';
import { Uploads } from '#media/videos/uploads.ts';
import { temporaryFolder } from '#tests/support/temporary-folder.ts';
import { uploadPiece, uploadToken } from '#tests/support/videos.ts';

const SECRET = 'h'.repeat(64);

let dataDir: string;
let library: VideoLibrary;
let server: http.Server;
let url: string;
let now = Date.now();
let room = true;
/** How often there is room still. */
let roomLeft = Number.POSITIVE_INFINITY;
let videoId: string;
let uploaded: string[];

class Full extends VideoLibrary {
  override hasRoomFor(): Promise<boolean> {
    roomLeft -= 1;
    return Promise.resolve(room && roomLeft >= 0);
  }
}

beforeAll(async () => {
  dataDir = await temporaryFolder();
  library = new Full({ dataDir, logger: { warn: () => undefined } as unknown as Logger });
  await library.open();
  const uploads = new Uploads({
    library,
    secret: SECRET,
    clock: () => now,
    onUploaded: async (id) => {
      await library.markUploaded(id);
      uploaded.push(id);
    },
  });
  server = http.createServer((req, res) => {
    uploads.answer(req, res, videoId).catch((error: unknown) => {
      const { status, code } = problemOf((error as MediaError).code);
      res.writeHead(status).end(code);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  fs.rmSync(dataDir, { recursive: true });
});
beforeEach(async () => {
  videoId = randomUUID();
  uploaded = [];
  room = true;
  roomLeft = Number.POSITIVE_INFINITY;
  await library.expect(videoId, 1_000);
});

it('refuses what a full disk cannot take, keeps what it has, and goes on when there is room', async () => {
  expect((await uploadPiece({ url }, videoId, 0, Buffer.alloc(400))).status).toBe(204);
  room = false;
  const refused = await uploadPiece({ url }, videoId, 400, Buffer.alloc(600));
  expect([refused.status, await refused.text()]).toEqual([507, 'disk-full']);
  expect(await library.received(videoId)).toBe(400);
  room = true;
  expect((await uploadPiece({ url }, videoId, 400, Buffer.alloc(600))).status).toBe(204);
  expect(uploaded).toEqual([videoId]);
});

it('looks for room also within a request, which may be the whole file', async () => {
  const enough = 64 * 1024 * 1024;
  const large = randomUUID();
  await library.expect(large, enough + 8_000_000);
  videoId = large;
  roomLeft = 1;
  const refused = await uploadPiece({ url }, large, 0, Buffer.alloc(enough + 8_000_000));
  expect([refused.status, await refused.text()]).toEqual([507, 'disk-full']);
  expect(await library.received(large)).toBeLessThan(enough + 1_000_000);
  await library.remove(large);
});

it('a writer of whom nothing is heard gives way', async () => {
  const silent = http.request(url, {
    method: 'PATCH',
    headers: {
      authorization: `Bearer ${uploadToken(videoId)}`,
      'content-type': 'application/offset+octet-stream',
      'upload-offset': '0',
      'content-length': '1000',
    },
  });
  const cut = new Promise((resolve) => silent.on('error', resolve));
  silent.write(Buffer.alloc(300));
  await expect.poll(() => library.received(videoId)).toBe(300);
  const busy = await uploadPiece({ url }, videoId, 300, Buffer.alloc(1));
  expect([busy.status, await busy.text()]).toEqual([423, 'upload-busy']);
  now += 6_000;
  const next = await uploadPiece({ url }, videoId, 300, Buffer.alloc(700));
  expect([next.status, next.headers.get('upload-offset')]).toEqual([204, '1000']);
  await cut;
  expect(uploaded).toEqual([videoId]);
});
