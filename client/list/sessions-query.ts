import { queryOptions } from '@tanstack/react-query';
import { call } from '#client/api.ts';

export const mySessionsQuery = queryOptions({ queryKey: ['my-sessions'], queryFn: () => call('GET /my/sessions') });
