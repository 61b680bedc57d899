import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { Archive } from './archive.ts';
import { Broadcasts, prepareRecordings } from './broadcasts.ts';
import type { ConnectionOptions } from './browser/connection.ts';
import { takeBrowserPublishers } from './browser/server.ts';
import type { Clock } from './clock.ts';
import type { MediaConfig, MediaSecrets } from './config.ts';
import { denialsWriter, readDenials } from './denials.ts';
import { Edges } from './edges.ts';
import { Egress } from './egress.ts';
import { findFfmpeg } from './ffmpeg.ts';
import { Films } from './film.ts';
import { Hooks } from './hooks.ts';
import { createHttp } from './http.ts';
import type { Logger } from './logger.ts';
import { MetricsListener } from './metrics/listener.ts';
import { createMediaMetrics } from './metrics/media.ts';
import { OutsideWatches } from './outside/watches.ts';
import { Pictures } from './pictures.ts';
import { broadcastsOnDisk } from './recording.ts';
import { createRtmpServer } from './rtmp/server.ts';
import { createSrtServer } from './srt/server.ts';
import { Tokens } from './tokens.ts';
import { PreparedVideos } from './videos/prepared-videos.ts';

export interface Media {
  /** What it counts. */
  metrics: Registry;
  /** @throws when a port is taken. */
  listen(): Promise<{ port: number; rtmpPort: number; rtmpsPort: number | null; srtPort: number | null }>;
  /** Disconnects publishers, writes what is recorded, lets go of the ports. */
  close(): Promise<void>;
}

/** Puts the media process together: publishers in by RTMP, by SRT and from pages, viewers out by HTTP. */
export async function createMedia(options: {
  config: MediaConfig;
  secrets: MediaSecrets;
  clock: Clock;
  logger: Logger;
}): Promise<Media> {
  const { config, secrets, clock, logger } = options;
  const ffmpeg = await findFfmpeg(config.ffmpegPath, logger);
  await prepareRecordings(config.dataDir);
  const hooks = new Hooks({ appUrl: config.appUrl, secret: secrets.hooks, dataDir: config.dataDir, logger });
  const { dataDir, ladder, copies, slateSeconds } = config;
  const films = new Films(ffmpeg.path, logger);
  const pictures: Pictures = new Pictures({ ffmpegPath: ffmpeg.path, isStrained: () => broadcasts.isStrained, logger });
  const archive = new Archive(dataDir, films, pictures);
  const recorded = await broadcastsOnDisk(dataDir);
  for (const { broadcast, closed } of recorded) if (closed) archive.add(broadcast);
  const broadcasts = new Broadcasts({ dataDir, ladder, copies, slateSeconds, archive, ffmpeg, hooks, clock, logger });
  await broadcasts.resume(recorded.filter(({ closed }) => !closed).map(({ broadcast }) => broadcast));
  const videos = new PreparedVideos({
    dataDir: config.dataDir,
    ffmpeg,
    hooks,
    broadcasts,
    secret: secrets.hooks,
    clock,
    logger,
  });
  const tokens = new Tokens(secrets.playback, clock);
  tokens.denyAll(await readDenials(dataDir));
  const outside = new OutsideWatches({ hooks, clock, logger });
  const egress = new Egress(config.maxEgress, clock);
  const edges = new Edges(clock);
  const http = createHttp({
    broadcasts,
    archive,
    videos,
    outside,
    tokens,
    keepDenials: denialsWriter(dataDir, () => tokens.denials()),
    egress,
    edges,
    secret: secrets.hooks,
    clock,
    logger,
  });
  const own = () => ({ used: egress.measured, cap: egress.cap });
  const metrics = createMediaMetrics({
    http,
    dataDir,
    status: () => [...broadcasts.status(), ...outside.status()],
    egress: own,
    whole: () => edges.withOurs(own()),
    outbox: () => hooks.waiting,
  });
  const metricsListener =
    config.metrics &&
    new MetricsListener(config.metrics, { text: () => metrics.metrics(), json: () => metrics.getMetricsAsJSON() });
  const taken: Pick<ConnectionOptions, 'logger' | 'clock' | 'onPublish' | 'onAbandoned'> = {
    logger,
    clock,
    onPublish: (publication, broadcast) => broadcasts.publish(publication, broadcast),
    onAbandoned: (broadcast) => broadcasts.abandoned(broadcast),
  };
  const rtmp = createRtmpServer({
    ...taken,
    host: config.rtmpHost,
    port: config.rtmpPort,
    secure: config.rtmps,
    authorise: (streamKey, remoteAddress) => broadcasts.authorise({ streamKey }, remoteAddress),
  });
  const srt =
    config.srtPort === null
      ? null
      : createSrtServer({
          ...taken,
          host: config.rtmpHost,
          port: config.srtPort,
          secret: secrets.hooks,
          dataDir,
          authorise: (streamKey, remoteAddress) => broadcasts.authorise({ streamKey }, remoteAddress),
        });
  const pages = takeBrowserPublishers(http, {
    ...taken,
    authorise: (credential, remoteAddress) => broadcasts.authorise(credential, remoteAddress),
  });

  return {
    metrics,
    async listen() {
      // They must not keep the class from its picture: without their port there are none.
      await metricsListener?.listen().catch((error: unknown) => {
        logger.error({ err: error }, 'no metrics: MEDIA_METRICS_PORT cannot be listened on');
      });
      const { port: rtmpPort, securePort: rtmpsPort } = await rtmp.listen();
      const srtPort = (await srt?.listen()) ?? null;
      const port = await new Promise<number>((resolve, reject) => {
        http.once('error', reject);
        http.listen(config.port, config.host, () => {
          http.off('error', reject);
          resolve((http.address() as AddressInfo).port);
        });
      });
      await videos.resume();
      return { port, rtmpPort, rtmpsPort, srtPort };
    },
    async close() {
      metricsListener?.close();
      videos.close();
      await rtmp.close();
      await srt?.close();
      pages.close();
      films.close();
      pictures.close();
      outside.close();
      await broadcasts.close();
      await hooks.close();
      http.closeAllConnections();
      await new Promise<void>((resolve) => {
        http.close(() => resolve());
      });
    },
  };
}
