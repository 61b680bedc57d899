import { recall, remember } from './storage.ts';
import { uuid } from './uuid.ts';

const STORED = 'device';
let device: string | null = null;

/** This browser's own id, so that its tabs count as one device. For the page's life where nothing can be kept. */
export function deviceId(): string {
  device ??= recall(STORED);
  if (!device) {
    device = uuid();
    remember(STORED, device);
  }
  return device;
}
