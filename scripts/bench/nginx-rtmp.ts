import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { freePort } from '#server/supervisor/ports.ts';
import { ROOT } from '../folders.ts';

const NGINX = '/usr/sbin/nginx';
const RTMP_MODULE = '/usr/lib/nginx/modules/ngx_rtmp_module.so';

export interface NginxRun {
  rtmpUrl: string;
  /** A page that plays what is published, by hls.js as it comes. */
  pageUrl: string;
  hasPlaylist(): Promise<boolean>;
  /** Ends it and removes its files. */
  remove(): Promise<void>;
}

/** Debian's nginx with its RTMP module (packages nginx, libnginx-mod-rtmp); null when they are not installed. */
export async function startNginx(): Promise<NginxRun | null> {
  if (!existsSync(NGINX) || !existsSync(RTMP_MODULE)) return null;
  const folder = await mkdtemp(path.join(os.tmpdir(), 'anke-nginx-'));
  await chmod(folder, 0o755);
  await mkdir(path.join(folder, 'www/hls'), { recursive: true });
  await copyFile(path.join(ROOT, 'node_modules/hls.js/dist/hls.min.js'), path.join(folder, 'www/hls.min.js'));
  await writeFile(path.join(folder, 'www/index.html'), PAGE);
  const [http, rtmp] = [await freePort(), await freePort()];
  await writeFile(path.join(folder, 'nginx.conf'), configuration(folder, http, rtmp));
  const child = spawn(NGINX, ['-c', path.join(folder, 'nginx.conf'), '-e', path.join(folder, 'error.log')], {
    stdio: 'inherit',
  });
  const exited = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const site = `http://127.0.0.1:${http}`;
  return {
    rtmpUrl: `rtmp://127.0.0.1:${rtmp}/live/lecture`,
    pageUrl: `${site}/index.html`,
    async hasPlaylist() {
      return fetch(`${site}/hls/lecture.m3u8`).then(
        (answer) => answer.ok,
        () => false,
      );
    },
    async remove() {
      child.kill('SIGQUIT');
      await exited;
      await rm(folder, { recursive: true });
    },
  };
}

const PAGE = `<!doctype html><meta charset="utf-8"><title>nginx-rtmp</title><video muted autoplay></video>
<script src="/hls.min.js"></script>
<script>
  const hls = new Hls();
  hls.loadSource('/hls/lecture.m3u8');
  hls.attachMedia(document.querySelector('video'));
</script>
`;

const configuration = (folder: string, http: number, rtmp: number) => `
load_module ${RTMP_MODULE};
daemon off;
worker_processes 1;
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 256; }
rtmp {
  server {
    listen 127.0.0.1:${rtmp};
    application live {
      live on;
      hls on;
      hls_path ${folder}/www/hls;
      hls_fragment 2s;
      hls_playlist_length 12s;
    }
  }
}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  types {
    text/html html;
    text/javascript js;
    application/vnd.apple.mpegurl m3u8;
    video/mp2t ts;
  }
  server {
    listen 127.0.0.1:${http};
    root ${folder}/www;
    location /hls { add_header Cache-Control no-cache; }
  }
}
`;
