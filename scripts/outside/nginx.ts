import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { freePort } from '#server/supervisor/ports.ts';
import { ROOT } from '../folders.ts';

export const NGINX = '/usr/sbin/nginx';
const MODULES = '/usr/lib/nginx/modules';
export const LUA_MODULE = path.join(MODULES, 'ngx_http_lua_module.so');
const OURS = path.join(ROOT, 'deploy/nginx');

export interface EdgeNginx {
  url: string;
  pid: number;
  folder: string;
  /** Ends it and removes its files. */
  remove(): Promise<void>;
}

interface Setting {
  /** Where `npm run edge` listens. */
  edgeUrl: string;
  /** Its EDGE_STORE. */
  store: string;
  /** The app; without one whatever is not the picture is answered with 404. */
  appUrl?: string;
  /** More of the server block. */
  server?: (folder: string) => string;
}

/**
 * Debian's nginx with the whole site of `deploy/nginx`, as it is but for addresses, folders and https; null when there is no nginx
 * with the Lua module.
 */
export async function startEdgeNginx({ edgeUrl, store, appUrl, server }: Setting): Promise<EdgeNginx | null> {
  if (!existsSync(NGINX) || !existsSync(LUA_MODULE)) return null;
  const folder = await mkdtemp(path.join(os.tmpdir(), 'anke-edge-nginx-'));
  await chmod(folder, 0o755);
  const port = await freePort();
  const nothing = `unix:${folder}/nothing.sock`;
  const more = `keepalive_requests 1000000;`;
  const changes: [string | RegExp, string][] = [
    ['/etc/nginx/anke/', `${OURS}/`],
    ['/var/cache/anke-media', store],
    ['server 127.0.0.1:8080;', `server ${appUrl ? new URL(appUrl).host : nothing};`],
    ['server 127.0.0.1:8090;', `server ${new URL(edgeUrl).host}; ${more}`],
    ['default 127.0.0.1:8090;', `default ${new URL(edgeUrl).host};`],
    ['listen 443 ssl http2;', `listen 127.0.0.1:${port} backlog=8192; ${server?.(folder) ?? ''}`],
    [/^ *ssl_certificate.*$/gm, ''],
  ];
  const adapted = (text: string) =>
    changes.reduce(
      (so, [from, to]) => (typeof from === 'string' ? so.replaceAll(from, to) : so.replace(from, to)),
      text,
    );
  const site = adapted(await inlined('anke.conf'));
  const text = `
    load_module ${MODULES}/ndk_http_module.so;
    load_module ${LUA_MODULE};
    daemon off;
    pcre_jit on;
    worker_processes 1;
    worker_rlimit_nofile 16384;
    ${process.getuid?.() === 0 ? 'user root;' : ''}
    pid ${folder}/nginx.pid;
    error_log ${folder}/error.log;
    events { worker_connections 15000; }
    http {
      access_log off;
      sendfile on;
      tcp_nopush on;
      ${more}
      client_body_temp_path ${folder}/body;
      proxy_temp_path ${folder}/proxy;
      fastcgi_temp_path ${folder}/fastcgi;
      uwsgi_temp_path ${folder}/uwsgi;
      scgi_temp_path ${folder}/scgi;
      ${site}
      server { listen ${nothing}; return 404; }
    }`;
  const file = path.join(folder, 'nginx.conf');
  await writeFile(file, text);
  const child = spawn(NGINX, ['-c', file, '-e', path.join(folder, 'error.log')], { stdio: 'inherit' });
  const exited = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  const remove = async () => {
    child.kill('SIGTERM');
    await exited;
    await rm(folder, { recursive: true });
  };
  for (let tries = 0; ; tries += 1) {
    if (
      await fetch(url).then(
        () => true,
        () => false,
      )
    )
      return { url, pid: child.pid ?? 0, folder, remove };
    if (tries > 100 || child.exitCode !== null)
      throw new Error(`nginx did not start: ${await readFile(path.join(folder, 'error.log'), 'utf8')}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A file of `deploy/nginx` with those that it includes. */
async function inlined(name: string): Promise<string> {
  const text = await readFile(path.join(OURS, name), 'utf8');
  const parts = text.split(/^ *include \/etc\/nginx\/anke\/([\w-]+\.conf);$/m);
  return (await Promise.all(parts.map((part, n) => (n % 2 === 0 ? part : inlined(part))))).join('\n');
}
