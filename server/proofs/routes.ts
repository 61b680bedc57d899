import type { Request } from 'express';
import type { proofEndpoints } from '#contract/proofs.ts';
import { AppError } from '../errors.ts';
import type { Handlers } from '../http.ts';
import type { Proofs } from './service.ts';

/** `publicUrl`: where people find us; without it, where this request did. */
export function proofRoutes(proofs: Proofs, publicUrl: string | undefined): Handlers<typeof proofEndpoints> {
  const originOf = (req: Request) => publicUrl ?? `${req.protocol}://${req.get('host')}`;
  const personOf = ({ personId }: { personId: string | null }) => {
    if (personId === null) throw new AppError('forbidden');
    return personId;
  };
  return {
    'GET /proofs/:number': ({ params }) => proofs.check(params.number),
    'GET /my/proofs': ({ principal }) => proofs.mine(personOf(principal)),
    'GET /my/proofs/:number': ({ params, principal, req }) =>
      proofs.myFile(params.number, personOf(principal), originOf(req)),
    'GET /sessions/:sessionId/proofs': ({ params, query, visibility }) =>
      proofs.list(params.sessionId, query, visibility),
    'GET /sessions/:sessionId/proofs/file': ({ params, query, visibility, actor, req }) =>
      proofs.file(params.sessionId, query.number, visibility, actor, originOf(req)),
    'GET /sessions/:sessionId/proofs/files': ({ params, query, visibility, actor, req }) =>
      proofs.files(params.sessionId, query, visibility, actor, originOf(req)),
    'POST /sessions/:sessionId/proofs/withdraw': ({ params, body, actor }) =>
      proofs.withdraw(params.sessionId, body.number, body.reason, actor),
    'POST /sessions/:sessionId/proofs/reissue': ({ params, body, actor }) =>
      proofs.reissue(params.sessionId, body.personId, body.reason, actor),
  };
}
