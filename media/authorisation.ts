import type { AuthoriseResponse } from '#contract/media.ts';

/** What a publisher who asks to be let in hears: the app's answer, or that there is no room. */
export type Authorisation = AuthoriseResponse | { allowed: false; reason: 'too-many-publishers' };
