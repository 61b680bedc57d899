import type { Result } from '#contract/api.ts';

/** An attempt as the page sits it. */
export type Attempt = Result<'POST /sessions/:sessionId/my-paper/attempts'>;
