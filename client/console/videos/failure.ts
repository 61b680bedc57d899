import type { ApiError } from '#client/api.ts';

/** Why an upload does not go on. `network`: it may, in a moment. */
export type UploadFailure = 'network' | 'disk-full' | 'gone' | 'signed-out' | 'elsewhere' | 'refused';

/** @param status of the answer; 0 when there was none */
export function failureOf(status: number): UploadFailure {
  // 409: the server has more, or less, than was thought; asking tells. 423: another page is writing. 401: an old token.
  if (status === 0 || status === 401 || status === 409 || status === 423) return 'network';
  if (status === 404) return 'gone';
  if (status === 507) return 'disk-full';
  return status >= 500 ? 'network' : 'refused';
}

/** Why no leave was given to go on. */
export function failureOfCall({ code, status }: Pick<ApiError, 'code' | 'status'>): UploadFailure {
  if (code === 'not-signed-in') return 'signed-out';
  if (code === 'video-uploaded') return 'elsewhere';
  return code === 'rate-limited' ? 'network' : failureOf(status);
}
