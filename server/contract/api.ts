import type { z } from 'zod';
import { accountEndpoints } from './accounts.ts';
import { archiveEndpoints } from './archives.ts';
import { attendanceEndpoints } from './attendance.ts';
import { correctionEndpoints } from './corrections.ts';
import { courseEndpoints } from './courses.ts';
import type { Endpoint } from './endpoint.ts';
import { hoursEndpoints } from './hours.ts';
import { liveEndpoints } from './live.ts';
import { networkEndpoints } from './network.ts';
import { organisationEndpoints } from './organisations.ts';
import { personalDataEndpoints } from './personal-data.ts';
import { presenceEndpoints } from './presence.ts';
import { proofEndpoints } from './proofs.ts';
import { quizEndpoints } from './quiz.ts';
import { recordCheckEndpoints } from './record-checks.ts';
import { recordSealEndpoints } from './record-seals.ts';
import { recordingEndpoints } from './recordings.ts';
import { reportEndpoints } from './reports.ts';
import { retentionEndpoints } from './retention.ts';
import { screenEndpoints } from './screens.ts';
import { venueEndpoints } from './venues.ts';
import { videoEndpoints } from './videos.ts';

/** Every REST call of the product. The server refuses to start when one has no handler or no policy. */
export const api = {
  ...accountEndpoints,
  ...organisationEndpoints,
  ...courseEndpoints,
  ...liveEndpoints,
  ...attendanceEndpoints,
  ...correctionEndpoints,
  ...recordCheckEndpoints,
  ...recordSealEndpoints,
  ...proofEndpoints,
  ...archiveEndpoints,
  ...quizEndpoints,
  ...recordingEndpoints,
  ...reportEndpoints,
  ...retentionEndpoints,
  ...personalDataEndpoints,
  ...videoEndpoints,
  ...networkEndpoints,
  ...presenceEndpoints,
  ...hoursEndpoints,
  ...screenEndpoints,
  ...venueEndpoints,
};

export type Api = typeof api;
export type EndpointKey = keyof Api;

type Schema<K extends EndpointKey, F extends keyof Endpoint> =
  Api[K] extends Record<F, infer S extends z.ZodType> ? S : never;

/** Path parameters of `METHOD /a/:x/b/:y`: `'x' | 'y'`. */
export type PathParams<K extends string> = K extends `${string}:${infer Rest}`
  ? Rest extends `${infer Name}/${infer Tail}`
    ? Name | PathParams<Tail>
    : Rest
  : never;

export type Params<K extends EndpointKey> = Record<PathParams<K>, string>;
/** After parsing, as a handler gets it. */
export type Query<K extends EndpointKey> = [Schema<K, 'query'>] extends [never]
  ? undefined
  : z.output<Schema<K, 'query'>>;
export type Body<K extends EndpointKey> = [Schema<K, 'body'>] extends [never] ? undefined : z.output<Schema<K, 'body'>>;
/** Before parsing, as a browser may write it. */
export type QueryInput<K extends EndpointKey> = [Schema<K, 'query'>] extends [never]
  ? undefined
  : z.input<Schema<K, 'query'>>;
export type BodyInput<K extends EndpointKey> = [Schema<K, 'body'>] extends [never]
  ? undefined
  : z.input<Schema<K, 'body'>>;
export type Result<K extends EndpointKey> = [Schema<K, 'response'>] extends [never]
  ? undefined
  : z.output<Schema<K, 'response'>>;
