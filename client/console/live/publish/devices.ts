/** Why a device can't be had, in the person's terms. */
export type DeviceProblem = 'refused' | 'none' | 'busy' | 'lost';

export interface Device {
  id: string;
  label: string;
}

export interface Devices {
  cameras: Device[];
  microphones: Device[];
}

/** Browsers name devices only once one of them was allowed. */
export async function listDevices(): Promise<Devices> {
  const all = await navigator.mediaDevices.enumerateDevices();
  const of = (kind: MediaDeviceKind) =>
    all
      .filter((device) => device.kind === kind && device.deviceId !== '')
      .map(({ deviceId, label }): Device => ({ id: deviceId, label }));
  return { cameras: of('videoinput'), microphones: of('audioinput') };
}

/** @param id of the camera to prefer; another one is opened when it is not there. @throws DOMException, see `problemOf` */
export function openCamera(id: string | null, size: { width: number; height: number }): Promise<MediaStream> {
  return navigator.mediaDevices.getUserMedia({
    video: {
      ...(id !== null && { deviceId: { ideal: id } }),
      width: { ideal: size.width },
      height: { ideal: size.height },
      frameRate: { ideal: 30 },
    },
  });
}

/** @throws DOMException, see `problemOf` */
export function openMicrophone(id: string | null): Promise<MediaStream> {
  return navigator.mediaDevices.getUserMedia({ audio: id === null ? true : { deviceId: { ideal: id } } });
}

/** With the sound of what is shared, where the browser and the person give it. @throws DOMException, see `problemOf` */
export function openScreen(): Promise<MediaStream> {
  return navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: 30 } }, audio: true });
}

export function problemOf(error: unknown): DeviceProblem {
  switch ((error as DOMException | null)?.name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'refused';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'none';
    default:
      return 'busy';
  }
}

/** Which device a stream comes from; null where the browser does not say. */
export function deviceOf(stream: MediaStream): string | null {
  return stream.getTracks()[0]?.getSettings().deviceId ?? null;
}

export function stop(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
