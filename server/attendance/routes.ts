import type { correctionEndpoints } from '#contract/corrections.ts';
import type { recordCheckEndpoints } from '#contract/record-checks.ts';
import type { recordSealEndpoints } from '#contract/record-seals.ts';
import { AppError } from '../errors.ts';
import type { Handlers } from '../http.ts';
import type { Checks } from './checks.ts';
import type { Corrections } from './correcting.ts';
import type { Seals } from './seals.ts';

export function correctionRoutes(corrections: Corrections): Handlers<typeof correctionEndpoints> {
  return {
    'GET /sessions/:sessionId/corrections': ({ params, query, visibility }) =>
      corrections.list(params.sessionId, query, visibility),
    'GET /sessions/:sessionId/my-corrections': ({ params, principal }) => {
      if (principal.personId === null) throw new AppError('forbidden');
      return corrections.mine(params.sessionId, principal.personId);
    },
    'POST /sessions/:sessionId/evidence': ({ params, query, body, actor }) =>
      corrections.addEvidence(params.sessionId, query.name, Buffer.isBuffer(body) ? body : Buffer.alloc(0), actor),
    'GET /sessions/:sessionId/evidence': ({ params, query, actor }) =>
      corrections.evidence(params.sessionId, query.evidenceId, actor),
    'POST /sessions/:sessionId/corrections/preview': ({ params, body }) =>
      corrections.preview(params.sessionId, body.personId, body.change),
    'POST /sessions/:sessionId/corrections': ({ params, body, actor }) =>
      corrections.correct(params.sessionId, body, actor),
    'POST /sessions/:sessionId/corrections/withdraw': ({ params, body, actor }) =>
      corrections.withdraw(params.sessionId, body.correctionId, body.reason, actor),
  };
}

export function sealRoutes(seals: Seals): Handlers<typeof recordSealEndpoints> {
  return {
    'GET /seals/:sessionId/:code': ({ params }) => seals.check(params.sessionId, params.code),
  };
}

export function checkRoutes(checks: Checks): Handlers<typeof recordCheckEndpoints> {
  return {
    'GET /sessions/:sessionId/record-checks': ({ params }) => checks.read(params.sessionId),
    'POST /sessions/:sessionId/record-checks': ({ params, actor }) => checks.start(params.sessionId, actor),
  };
}
