import type { networkEndpoints } from '#contract/network.ts';
import { AppError } from '../errors.ts';
import type { Handlers } from '../http.ts';
import type { NetworkReports } from './service.ts';

export function networkRoutes(reports: NetworkReports): Handlers<typeof networkEndpoints> {
  return {
    'POST /sessions/:sessionId/network-reports': ({ params, body, principal, req }) => {
      const { personId, unitId } = principal;
      if (personId === null || unitId === null) throw new AppError('forbidden');
      const from = { userAgent: req.get('user-agent') ?? '', address: req.ip ?? '' };
      return reports.send({ ...body, ...from, sessionId: params.sessionId, personId, unitId });
    },
    'GET /sessions/:sessionId/network-reports': ({ params, query, visibility }) =>
      reports.list(params.sessionId, query, visibility),
  };
}
