import type { Clock } from './clock.ts';
import { type Encoder, type Ffmpeg, rungArguments, startEncoder } from './ffmpeg.ts';
import type { Logger } from './logger.ts';
import type { Publication, Tag } from './rtmp/publication.ts';

/** A publication, encoded. */
export interface Source {
  /** Bytes of fragmented MP4. `run` counts encoder starts from 1: each begins with a new init segment. */
  onFragmentBytes(listener: (bytes: Buffer, arrivedAt: number, run: number) => void): void;
  /** Called once, when the publisher has gone and the last byte is out. */
  onEnd(listener: (reason: string) => void): void;
  /** Disconnects the publisher. */
  close(reason: string): void;
  /** When the first frame of an encoder run arrived here, epoch ms: probing delays its first fragment. */
  runStartedAt(run: number): number;
  readonly publication: Publication;
  /** Of the running ffmpeg. */
  readonly encoderPid: number | undefined;
}

export interface SourceOptions {
  ffmpeg: Ffmpeg;
  logger: Logger;
  clock: Clock;
}

/** Sound that was announced may come this much after the first key frame; then the picture goes on without. */
const AUDIO_PATIENCE_MS = 1_000;
/** An ffmpeg that dies sooner than this did not work at all. */
const QUICK_DEATH_MS = 3_000;
const MAX_QUICK_DEATHS = 5;

/**
 * Feeds a publication to ffmpeg. When ffmpeg dies, another takes over at the next key frame; one that keeps dying ends the
 * publication.
 */
export function createSource(publication: Publication, { ffmpeg, logger, clock }: SourceOptions): Source {
  let encoder: Encoder | null = null;
  /** Its stdin is full. */
  let waitingFor: Encoder | null = null;
  let run = 0;
  let quickDeaths = 0;
  let waitingSince: number | null = null;
  let ended: string | null = null;
  let bytesListener: (bytes: Buffer, arrivedAt: number, run: number) => void = () => undefined;
  let endListener: (reason: string) => void = () => undefined;
  const startedAt: number[] = [];

  publication.onTag(take);
  publication.onEnd((reason) => void finish(reason));

  function take(tag: Tag): void {
    if (ended !== null) return;
    if (!encoder) {
      if (tag.kind !== 'key' || !publication.ready) return;
      waitingSince ??= clock();
      // Sound that is only a little late is worth the wait for the next key frame.
      if (publication.awaitsAudio && clock() - waitingSince < AUDIO_PATIENCE_MS) return;
      encoder = start();
      write(encoder, publication.headers());
    }
    if (tag.kind !== 'metadata') write(encoder, tag.bytes);
  }

  function start(): Encoder {
    run += 1;
    const thisRun = run;
    const at = clock();
    startedAt[thisRun] = at;
    const { framesPerSecond } = publication.source();
    const started = startEncoder(
      ffmpeg.path,
      rungArguments({ hasAudio: publication.hasAudio, framesPerSecond }),
      logger,
    );
    started.stdout.on('data', (bytes: Buffer) => bytesListener(bytes, clock(), thisRun));
    void started.exited.then(({ code, signal }) => {
      if (encoder !== started || ended !== null) return;
      encoder = null;
      publication.resume();
      logger.warn({ code, signal, run: thisRun }, 'ffmpeg died; another takes over at the next key frame');
      quickDeaths = clock() - at < QUICK_DEATH_MS ? quickDeaths + 1 : 0;
      if (quickDeaths >= MAX_QUICK_DEATHS) publication.close('the encoder keeps failing');
    });
    return started;
  }

  function write(to: Encoder, bytes: Buffer): void {
    if (to.stdin.writableEnded || to.stdin.destroyed) return;
    if (to.stdin.write(bytes) || waitingFor === to) return;
    waitingFor = to;
    publication.pause();
    to.stdin.once('drain', () => {
      waitingFor = null;
      publication.resume();
    });
  }

  async function finish(reason: string): Promise<void> {
    if (ended !== null) return;
    ended = reason;
    await encoder?.stop();
    endListener(reason);
  }

  return {
    publication,
    get encoderPid() {
      return encoder?.pid;
    },
    onFragmentBytes(listener) {
      bytesListener = listener;
    },
    onEnd(listener) {
      endListener = listener;
    },
    close: (reason) => publication.close(reason),
    runStartedAt: (of) => startedAt[of] ?? clock(),
  };
}
