/** What keeps a page from publishing: an address without https, or a browser that can't record. */
export type Lack = 'insecure' | 'browser';

/** From the best: H.264 is what machines encode in hardware, VP8 what every browser that records WebM can. */
const TYPES = [
  'video/webm;codecs=h264,opus',
  'video/x-matroska;codecs=avc1,opus',
  'video/webm;codecs=vp8,opus',
  'video/webm;codecs=vp9,opus',
  'video/webm',
];

/** The recorder's type of this browser; null where it records nothing that we take. */
export function recorderType(): string | null {
  if (typeof MediaRecorder === 'undefined') return null;
  return TYPES.find((type) => MediaRecorder.isTypeSupported(type)) ?? null;
}

export function lackOf(): Lack | null {
  // Without https, browsers hide devices altogether; 127.0.0.1 is the exception.
  if (!window.isSecureContext) return 'insecure';
  const canCapture = typeof HTMLCanvasElement.prototype.captureStream === 'function';
  return navigator.mediaDevices && canCapture && recorderType() !== null ? null : 'browser';
}

/** Phones can't. */
export function canShareScreen(): boolean {
  return typeof navigator.mediaDevices?.getDisplayMedia === 'function';
}
