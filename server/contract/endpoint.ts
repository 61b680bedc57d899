import type { z } from 'zod';

/**
 * What a route's policy is checked against: the thing that its path names. `none`: a list, narrowed to what the
 * caller may see, or something of the caller's own.
 */
export type TargetKind =
  | 'none'
  | 'area'
  | 'unit'
  | 'person'
  | 'course'
  | 'session'
  | 'account'
  | 'question'
  | 'live-question'
  | 'room-question'
  | 'mark'
  | 'attempt'
  | 'screen'
  | 'video';

/** One REST call. Its key is `METHOD /path` below `/api/v1`; path parameters are `:name`. */
export interface Endpoint {
  summary: string;
  action: string;
  target: TargetKind;
  /** Query string; values arrive as text, so numbers are coerced. */
  query?: z.ZodType;
  /** JSON body. */
  body?: z.ZodType;
  /** The body is a file instead of JSON. */
  upload?: 'xlsx' | 'captions' | 'evidence';
  /** Absent: answers 204, or a file when `download`. */
  response?: z.ZodType;
  download?: true;
}

/** Declares endpoints; only fixes their type. */
export function endpoints<
  const T extends Record<`${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}`, Endpoint>,
>(table: T): T {
  return table;
}
