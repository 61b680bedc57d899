import type { Request, RequestHandler } from 'express';
import type { Principal } from './principal.ts';
import type { Accounts } from './service.ts';

/** Attaches who the request is from; `principalOf` reads it. Never refuses: that is the policy's part. */
export function authenticate(accounts: Pick<Accounts, 'principalFromCookies'>): RequestHandler {
  return async (req, _res, next) => {
    (req as Request & { principal?: Principal }).principal = await accounts.principalFromCookies(req.headers.cookie);
    next();
  };
}
