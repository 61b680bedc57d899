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

/** What this browser records of what we take, the best first. */
export function recorderTypes(): string[] {
  return typeof MediaRecorder === 'undefined' ? [] : TYPES.filter((type) => MediaRecorder.isTypeSupported(type));
}

export function lackOf(): Lack | null {
  // Without https, browsers hide devices altogether; 127.0.0.1 is the exception.
  if (!window.isSecureContext) return 'insecure';
  const canCapture = typeof HTMLCanvasElement.prototype.captureStream === 'function';
  return navigator.mediaDevices && canCapture && recorderTypes().length > 0 ? null : 'browser';
}

/** Phones can't. */
export function canShareScreen(): boolean {
  return typeof navigator.mediaDevices?.getDisplayMedia === 'function';
}
