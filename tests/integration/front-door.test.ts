import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildPages } from '#scripts/pages.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';

let app: TestApp;
beforeAll(async () => {
  await buildPages();
  app = await startApp();
});
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

it('assets come compressed as the browser can take them, and live for a year', async () => {
  const [name] = [...(await (await fetch(`${app.url}/`)).text()).matchAll(/\/assets\/[^"]+\.js/g)].map(String);
  const asked = async (accepted: string) => {
    const answer = await fetch(`${app.url}${name}`, { headers: { 'accept-encoding': accepted } });
    const { status, headers } = answer;
    return { status, headers, text: await answer.text() };
  };
  const [br, gzip, plain] = [
    await asked('gzip, deflate, br'),
    await asked('gzip;q=1, br;q=0'),
    await asked('identity'),
  ];
  expect([br, gzip, plain].map(({ headers }) => headers.get('content-encoding'))).toEqual(['br', 'gzip', null]);
  expect(br.text).toBe(plain.text);
  expect(gzip.text).toBe(plain.text);
  expect(Number(br.headers.get('content-length'))).toBeLessThan(plain.text.length / 2);
  expect(new Set([br, gzip, plain].map(({ headers }) => headers.get('etag'))).size).toBe(3);
  for (const { headers } of [br, gzip, plain]) {
    expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(headers.get('vary')).toBe('Accept-Encoding');
    expect(headers.get('content-type')).toContain('javascript');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  }
});

it('the shell is asked for each time, and not sent again while it is the same', async () => {
  const first = await fetch(`${app.url}/learn`);
  expect(first.headers.get('cache-control')).toBe('no-cache');
  expect(first.headers.get('content-security-policy')).toContain("default-src 'self'");
  const etag = first.headers.get('etag') ?? '';
  const again = await fetch(`${app.url}/learn`, { headers: { 'if-none-match': etag } });
  expect([again.status, again.headers.get('etag'), await again.text()]).toEqual([304, etag, '']);
  const other = await fetch(`${app.url}/learn`, { headers: { 'if-none-match': '"another"' } });
  expect(other.status).toBe(200);
  const head = await fetch(`${app.url}/u/ABCD2345`, { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([200, '']);
});

it('what is neither a page nor a file is not there', async () => {
  for (const path of ['/favicon.ico', '/assets/', '/assets/..%2findex.html', '/api/v2', '/health/none', '/index.html'])
    expect([path, (await fetch(app.url + path)).status]).toEqual([path, 404]);
  expect((await fetch(`${app.url}/learn`, { method: 'POST' })).status).toBe(404);
  expect((await fetch(`${app.url}/u/${encodeURIComponent('ＡＢ．ＣＤ')}`)).status).toBe(200);
});
