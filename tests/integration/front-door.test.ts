import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildPages } from '#scripts/pages.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';

let app: TestApp;
beforeAll(async () => {
  await buildPages();
  app = await startApp();
}, 120_000);
afterAll(() => app.close());

it('the shell of a room names the room’s program, so that it comes with the shell’s own', async () => {
  const shell = await fetch(`${app.url}/learn/01a20ee7-8ad9-75ee-9e09-2c6a422c8000`);
  expect(shell.headers.get('content-type')).toContain('text/html');
  const named = [...(shell.headers.get('link') ?? '').matchAll(/<([^>]+)>; rel=modulepreload/g)].map(
    ([, file]) => file,
  );
  expect(named).toContainEqual(expect.stringMatching(/^\/assets\/room-.*\.js$/));
  const programs = await Promise.all(
    named.map(async (file) => {
      const answer = await fetch(`${app.url}${file}`);
      expect(answer.status, file).toBe(200);
      return answer.text();
    }),
  );
  // The player, which reads playlists, in whatever file the build has put it.
  expect(programs.some((program) => program.includes('#EXTM3U'))).toBe(true);
});

it('other pages name nothing that they may not need', async () => {
  for (const path of ['/', '/learn', '/login', '/learn/x/paper', '/console/courses']) {
    const shell = await fetch(`${app.url}${path}`);
    expect([path, shell.status, shell.headers.get('link')]).toEqual([path, 200, null]);
  }
});

it('an asset that is not there is not answered with the shell', async () => {
  expect((await fetch(`${app.url}/assets/gone-12345678.js`)).status).toBe(404);
});
