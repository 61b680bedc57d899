import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { freePort } from '#server/supervisor/ports.ts';
import { ROOT } from '../folders.ts';

export const NGINX = '/usr/sbin/nginx';
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
  /** More of the server block. */
  server?: (folder: string) => string;
}

/** Debian's nginx with the configuration of `deploy/nginx`, as it is but for its folders; null when there is no nginx. */
export async function startEdgeNginx({ edgeUrl, server }: Setting): Promise<EdgeNginx | null> {
  if (!existsSync(NGINX)) return null;
  const folder = await mkdtemp(path.join(os.tmpdir(), 'anke-edge-nginx-'));
  await chmod(folder, 0o755);
  await mkdir(path.join(folder, 'cache'));
  const read = async (name: string) =>
    (await readFile(path.join(OURS, name), 'utf8')).replaceAll('/var/cache/nginx', path.join(folder, 'cache'));
  const port = await freePort();
  const text = `
    daemon off;
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
      keepalive_requests 1000000;
      client_body_temp_path ${folder}/body;
      proxy_temp_path ${folder}/proxy;
      fastcgi_temp_path ${folder}/fastcgi;
      uwsgi_temp_path ${folder}/uwsgi;
      scgi_temp_path ${folder}/scgi;
      ${await read('anke-media-http.conf')}
      upstream anke_edge { server ${new URL(edgeUrl).host}; keepalive 8192; keepalive_requests 1000000; }
      server {
        listen 127.0.0.1:${port} backlog=8192;
        ${await read('anke-media-server.conf')}
        ${server?.(folder) ?? ''}
        location / { return 404; }
      }
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
