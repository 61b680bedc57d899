import fs from 'node:fs';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import {
  type HookEndpoint,
  type MediaRun,
  makeBroadcast,
  makeDataFolder,
  startHookEndpoint,
  startMediaProcess,
  until,
} from '#tests/support/media-run.ts';
import { type Publisher, publishTestSignal } from '#tests/support/publish.ts';

/* What media has to report reaches the app also when either is killed in between. */

let app: HookEndpoint;
let media: MediaRun;
let publisher: Publisher | undefined;
let dataDir: string;

afterEach(async () => {
  publisher?.kill();
  await media.stop();
  await app.close();
  fs.rmSync(dataDir, { recursive: true });
});

it('what was not taken before kill -9 is reported in order by the next start', async () => {
  app = await startHookEndpoint();
  dataDir = makeDataFolder();
  const broadcast = makeBroadcast();
  app.keys.set('good', broadcast);
  const outbox = path.join(dataDir, 'media-outbox.jsonl');
  media = await startMediaProcess(dataDir, app.url);
  const release = app.holdEvents();
  publisher = publishTestSignal(media.rtmpUrl('good'));
  await until(() => fs.existsSync(outbox) && fs.readFileSync(outbox, 'utf8').includes('broadcast-started'));
  await media.kill();
  publisher.kill();
  expect(app.events).toEqual([]);
  // What a crash leaves of a line that was being written.
  fs.appendFileSync(outbox, '{"id":"0193');
  release();

  media = await startMediaProcess(dataDir, app.url);
  await until(() => app.events.length >= 3);
  expect(app.events.map((event) => event.type)).toEqual(['publisher-connected', 'broadcast-started', 'publisher-lost']);
  expect(new Set(app.events.map((event) => event.broadcastId))).toEqual(new Set([broadcast.id]));
  await until(() => fs.readFileSync(outbox, 'utf8') === '');
});

it('an event that the app can never take does not hold up the next', async () => {
  app = await startHookEndpoint();
  dataDir = makeDataFolder();
  const [gone, known] = [makeBroadcast(), makeBroadcast()];
  const event = { at: Date.now(), type: 'publisher-lost', reason: 'gone' };
  const events = [gone, known].map(({ id: broadcastId, sessionId }, n) => ({
    ...event,
    id: makeBroadcast().id,
    broadcastId,
    sessionId,
    at: event.at + n,
  }));
  app.unknown.add(gone.id);
  fs.writeFileSync(
    path.join(dataDir, 'media-outbox.jsonl'),
    events.map((each) => `${JSON.stringify(each)}\n`).join(''),
  );
  media = await startMediaProcess(dataDir, app.url);
  await until(() => app.events.length > 0);
  expect(app.events).toEqual([events[1]]);
});
