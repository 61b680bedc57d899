import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';

export interface OutsideStream {
  /** Of the multivariant playlist. */
  url: string;
  origin: string;
  /** While false, answers bear no CORS header. */
  shared: boolean;
  /** Publishes, again after it was stopped. */
  publish(): void;
  /** The encoder goes, and leaves its playlist as it was. */
  lose(): Promise<void>;
  /** Requests for segments that pages made. */
  requests: { path: string; cookie: string | undefined }[];
  close(): Promise<void>;
}

interface StreamOptions {
  dates?: boolean;
  segmentSeconds?: number;
}

const TYPES: Record<string, string> = { '.m3u8': 'application/vnd.apple.mpegurl', '.ts': 'video/mp2t' };

/** A cloud live service: a test picture and tone in ordinary HLS by the real ffmpeg, from a server of its own origin. */
export async function startOutsideStream({
  dates = true,
  segmentSeconds = 1,
}: StreamOptions = {}): Promise<OutsideStream> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'anke-outside-'));
  let encoder: ChildProcess | undefined;
  const server = http.createServer((req, res) => {
    const name = path.basename(new URL(req.url ?? '/', 'http://x').pathname);
    stream.requests.push({ path: name, cookie: req.headers.cookie });
    const headers = {
      'content-type': TYPES[path.extname(name)] ?? 'application/octet-stream',
      'cache-control': 'no-store',
      ...(stream.shared && { 'access-control-allow-origin': '*' }),
    };
    const file = createReadStream(path.join(folder, name));
    file.once('open', () => {
      res.writeHead(200, headers);
      file.pipe(res);
    });
    file.once('error', () => res.writeHead(404, headers).end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const stream: OutsideStream = {
    url: `${origin}/app/index.m3u8`,
    origin,
    shared: true,
    requests: [],
    publish() {
      encoder = spawn(process.env.FFMPEG_PATH ?? 'ffmpeg', encoderArguments(folder, dates, segmentSeconds), {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
    },
    async lose() {
      if (!encoder || encoder.exitCode !== null) return;
      const exited = once(encoder, 'exit');
      encoder.kill('SIGKILL');
      await exited;
    },
    async close() {
      await stream.lose();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
  return stream;
}

function encoderArguments(folder: string, dates: boolean, segmentSeconds: number): string[] {
  const flags = `delete_segments+append_list+omit_endlist${dates ? '+program_date_time' : ''}`;
  return [
    ...['-hide_banner', '-loglevel', 'error', '-nostdin'],
    ...['-re', '-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=15', '-re', '-f', 'lavfi', '-i', 'sine=f=440:r=48000'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p', '-b:v', '300k'],
    ...['-g', String(15 * segmentSeconds), '-keyint_min', String(15 * segmentSeconds), '-sc_threshold', '0'],
    ...['-c:a', 'aac', '-b:a', '64k'],
    ...['-f', 'hls', '-hls_time', String(segmentSeconds), '-hls_list_size', '6', '-hls_flags', flags],
    ...['-master_pl_name', 'index.m3u8', path.join(folder, 'live.m3u8')],
  ];
}
