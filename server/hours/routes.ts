import type { hoursEndpoints } from '#contract/hours.ts';
import { AppError } from '../errors.ts';
import type { Handlers } from '../http.ts';
import type { LedgerExport } from './export.ts';
import type { Hours } from './service.ts';

export function hoursRoutes(hours: Hours, exportLedger: LedgerExport): Handlers<typeof hoursEndpoints> {
  return {
    'GET /my/hours': async ({ principal, query }) => {
      if (principal.personId === null) throw new AppError('forbidden');
      return hours.ofPerson(principal.personId, query.year);
    },
    'GET /people/:personId/hours': ({ params, query }) => hours.ofPerson(params.personId, query.year),
    'PUT /people/:personId/initial-training': ({ params, body, actor }) =>
      hours.markInitial(params.personId, body, actor),
    'GET /hours': ({ query, visibility }) => hours.overview(query, visibility),
    'GET /hours/people': ({ query, visibility }) => hours.people(query, visibility),
    'GET /hours/export': ({ query: { format, ...filter }, visibility, actor }) =>
      exportLedger(filter, format, visibility, actor),
  };
}
