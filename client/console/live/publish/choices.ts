import { recall, remember } from '#client/storage.ts';
import type { Size } from './mix.ts';

export const QUALITIES = {
  '720p': { width: 1_280, height: 720, bitrate: 1_500_000 },
  '540p': { width: 960, height: 540, bitrate: 1_000_000 },
  '360p': { width: 640, height: 360, bitrate: 600_000 },
} as const satisfies Record<string, Size & { bitrate: number }>;
export type Quality = keyof typeof QUALITIES;

/** What somebody publishes with, kept on this device. */
export interface Choices {
  cameraId: string | null;
  microphoneId: string | null;
  quality: Quality;
}

const STORED = 'publish';

export function recallChoices(): Choices {
  let kept: Partial<Choices> = {};
  try {
    kept = JSON.parse(recall(STORED) ?? '{}') as Partial<Choices>;
  } catch {
    // Something else wrote there.
  }
  const { cameraId, microphoneId, quality } = kept;
  return {
    cameraId: typeof cameraId === 'string' ? cameraId : null,
    microphoneId: typeof microphoneId === 'string' ? microphoneId : null,
    quality: quality !== undefined && quality in QUALITIES ? quality : '720p',
  };
}

export function rememberChoices({ cameraId, microphoneId, quality }: Choices): void {
  remember(STORED, JSON.stringify({ cameraId, microphoneId, quality }));
}
