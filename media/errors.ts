/** Every way in which media refuses a request, with its HTTP status and title. */
const CODES = {
  'bad-request': [400, 'The request is malformed'],
  'bad-reload': [400, 'The requested part is too far in the future'],
  'bad-signature': [401, 'The message is not signed by the app, or too old'],
  'bad-token': [401, 'No valid playback token'],
  'wrong-broadcast': [403, 'The playback token is for another broadcast'],
  'not-found': [404, 'There is nothing at this address'],
  'not-started': [404, 'Nothing has been published yet'],
  'method-not-allowed': [405, 'Only GET and HEAD are answered here'],
  'wrong-offset': [409, 'The upload does not go on there'],
  'upload-complete': [409, 'Everything was uploaded already'],
  'too-large': [413, 'The message is too large'],
  'too-many': [429, 'Too many outside streams are looked at already'],
  'bad-range': [416, 'The range lies outside the content'],
  'unsupported-type': [415, 'The content type is not the one that belongs here'],
  'upload-busy': [423, 'Another request is writing to this upload'],
  internal: [500, 'Something went wrong'],
  'disk-full': [507, 'The disk is full'],
  'origin-unavailable': [502, 'The media process does not answer'],
  busy: [503, 'Too many different things are asked for at once'],
  'origin-timeout': [504, 'The media process took too long to answer'],
} as const;

export type MediaErrorCode = keyof typeof CODES;

/** A refusal with a code; becomes an RFC 9457 problem document. */
export class MediaError extends Error {
  readonly code: MediaErrorCode;

  constructor(code: MediaErrorCode, options?: ErrorOptions) {
    super(CODES[code][1], options);
    this.code = code;
  }
}

export function problemOf(code: MediaErrorCode): { type: string; title: string; status: number; code: string } {
  const [status, title] = CODES[code];
  return { type: 'about:blank', title, status, code };
}
