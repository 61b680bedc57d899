import type { Request, Response } from 'express';
import type { accountEndpoints, Me } from '#contract/accounts.ts';
import type { Call, Handlers } from '../http.ts';
import { clearCookies, readCookies, setCookies } from './cookies.ts';
import { LOGIN_MS, type SignedIn } from './logins.ts';
import type { Accounts, Device } from './service.ts';

/** @param secure whether cookies may travel over https alone */
export function accountRoutes(accounts: Accounts, secure: boolean): Handlers<typeof accountEndpoints> {
  function signIn(res: Response, signedIn: SignedIn): Me {
    setCookies(res, signedIn, secure, LOGIN_MS);
    return signedIn.me;
  }

  async function signOut({ principal, req, res }: Caller, everywhere: boolean): Promise<void> {
    await accounts.logout(principal, readCookies(req.headers.cookie).refresh, everywhere);
    clearCookies(res, secure);
  }

  return {
    'GET /installation': () => accounts.installation(),
    'POST /setup': async ({ body, actor, req, res }) =>
      signIn(res, await accounts.completeSetUp(body, deviceOf(req), actor.requestId)),

    'POST /login': async ({ body, req, res }) => signIn(res, await accounts.login(body, deviceOf(req))),
    'POST /login/refresh': async ({ req, res }) =>
      signIn(res, await accounts.renew(readCookies(req.headers.cookie).refresh)),
    'POST /logout': (call) => signOut(call, false),
    'POST /logout/everywhere': (call) => signOut(call, true),
    'GET /me': ({ principal }) => accounts.me(principal),
    'POST /me/password': ({ principal, body, actor, req }) =>
      accounts.changePassword(principal, body, deviceOf(req).address, actor),

    'GET /join/unit/:joinCode': async ({ params, req }) => {
      const { unitName, areaName, unitKind } = await accounts.unitOfJoinCode(params.joinCode, deviceOf(req).address);
      return { unitName, areaName, unitKind };
    },
    'POST /join/unit/:joinCode': async ({ params, body, actor, req, res }) =>
      signIn(res, await accounts.joinUnit(params.joinCode, body, deviceOf(req), actor)),
    'POST /join/link': async ({ body, req, res }) => signIn(res, await accounts.joinByLink(body.token, deviceOf(req))),

    'GET /accounts': ({ query }) => accounts.listAccounts(query),
    'POST /accounts': ({ body, actor }) => accounts.createAccount(body, actor),
    'PATCH /accounts/:accountId': ({ params, body, actor }) => accounts.updateAccount(params.accountId, body, actor),
  };
}

type Caller = Pick<Call<'POST /logout'>, 'principal' | 'req' | 'res'>;

function deviceOf(req: Request): Device {
  return { address: req.ip ?? '', userAgent: req.get('user-agent') ?? '' };
}
