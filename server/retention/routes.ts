import type { retentionEndpoints } from '#contract/retention.ts';
import type { Handlers } from '../http.ts';
import type { RetentionService } from './service.ts';

export function retentionRoutes(retention: RetentionService): Handlers<typeof retentionEndpoints> {
  return {
    'GET /retention': () => retention.read(),
  };
}
