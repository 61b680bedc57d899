import { type ErrorCode, type ErrorParams, errorText } from '#contract/errors.ts';

/** An error meant for the person who made the request. Anything else that is thrown becomes `internal`. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly params: ErrorParams;
  readonly fields: { path: string; message: string }[] | undefined;

  constructor(code: ErrorCode, params: ErrorParams = {}, fields?: { path: string; message: string }[]) {
    super(errorText(code, 'en', params));
    this.name = 'AppError';
    this.code = code;
    this.params = params;
    this.fields = fields;
  }
}

/** For rows that a caller may know of by id only: `if (!row) throw notFound()`. */
export function notFound(): AppError {
  return new AppError('not-found');
}

/**
 * True when the database had no connection or no time for this, and nothing was stored: Prisma's code for a transaction that could not
 * begin or ran out of time, and the words of a pool without a free connection, which have no code.
 */
export function isOverload(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (error as { code?: string }).code === 'P2028' || error.message === 'timeout exceeded when trying to connect';
}

/** True when a write broke a unique constraint; `index` narrows it to one, by its name or a column in it. */
export function isUniqueViolation(error: unknown, index?: string): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: string };
  if (code !== 'P2002' && code !== '23505') return false;
  if (index === undefined) return true;
  const { meta, constraint, detail } = error as { meta?: unknown; constraint?: string; detail?: string };
  return JSON.stringify([meta, constraint, detail]).includes(index);
}
