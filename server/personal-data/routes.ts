import type { personalDataEndpoints } from '#contract/personal-data.ts';
import type { Handlers } from '../http.ts';
import type { PersonalData } from './service.ts';

export function personalDataRoutes(data: PersonalData): Handlers<typeof personalDataEndpoints> {
  return {
    'GET /people/:personId/data': ({ params, actor }) => data.everything(params.personId, actor),
    'GET /people/:personId/erasure': ({ params }) => data.preview(params.personId),
    'POST /people/:personId/erasure': ({ params, body, actor }) => data.erase(params.personId, body.reason, actor),
  };
}
