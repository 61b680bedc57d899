import { QueryClient } from '@tanstack/react-query';
import { ApiError } from './api.ts';

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // A refusal stays a refusal; a busy server or a lost network may be better in a moment.
      retry: (failures, error) => failures < 3 && !(error instanceof ApiError && error.refused),
      // Drawn at random, so that thousands of pages don't come back in step.
      retryDelay: (failures) => Math.random() * Math.min(1_000 * 2 ** (failures + 1), 15_000),
    },
  },
});
