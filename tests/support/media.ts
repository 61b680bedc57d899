import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

/** Fragmented MP4 of a test picture and tone, by the real ffmpeg, with the arguments of the live encoder. */
export async function encodeTestSignal(seconds: number, ...extra: string[]): Promise<Buffer> {
  const input = ['-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=30:duration=${seconds}`];
  const sound = extra.includes('-an') ? [] : ['-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`];
  const video =
    '-c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p -g 60 -keyint_min 60 -sc_threshold 0';
  const output = '-movflags +frag_keyframe+empty_moov+default_base_moof+frag_discont+cmaf -frag_duration 333000';
  const args = [...input, ...sound, ...video.split(' '), ...extra, '-c:a', 'aac', '-f', 'mp4', ...output.split(' ')];
  return encode(args);
}

/** Fragmented MP4 of a test tone, with the arguments of the live encoder. */
export async function encodeTestSound(seconds: number): Promise<Buffer> {
  const input = ['-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`, '-c:a', 'aac', '-ar', '48000'];
  const output = '-movflags +frag_keyframe+empty_moov+default_base_moof+frag_discont -frag_duration 333000';
  return encode([...input, '-f', 'mp4', ...output.split(' '), '-flush_packets', '1']);
}

async function encode(args: string[]): Promise<Buffer> {
  const child = spawn('ffmpeg', ['-hide_banner', '-loglevel', 'error', ...args, 'pipe:1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`ffmpeg ended with ${code}`);
  return Buffer.concat(chunks);
}

/** What ffprobe reads from a file or an address, decoding every frame. @throws when it can't. */
export async function probe(source: string, ...args: string[]): Promise<{ frames: number; output: string }> {
  const { stdout } = await promisify(execFile)(
    'ffprobe',
    ['-v', 'error', '-count_frames', '-select_streams', 'v:0', '-show_entries', 'stream=nb_read_frames'].concat(
      ['-of', 'csv=p=0'],
      args,
      [source],
    ),
    { timeout: 180_000 },
  );
  return { frames: Number.parseInt(stdout, 10), output: stdout };
}
