import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { App } from 'antd';
import { ApiError, call } from '#client/api.ts';
import type { EndpointKey, Result } from '#contract/api.ts';

type Input<K extends EndpointKey> = NonNullable<Parameters<typeof call<K>>[1]>;

interface ReadOptions {
  /** Read again this often, ms. */
  every?: number | false;
  enabled?: boolean;
}

/** The state of something read from the server. */
export interface Read<T> {
  data: T | undefined;
  error: unknown;
  refetch: () => unknown;
}

/** Reads an endpoint; what was read before stays while another page or filter is loading. */
export function useRead<K extends EndpointKey>(
  key: K,
  input?: Input<K>,
  { every = false, enabled = true }: ReadOptions = {},
) {
  return useQuery<Result<K>>({
    queryKey: [key, input ?? {}],
    queryFn: ({ signal }) =>
      (call as (key: K, input: object) => Promise<Result<K>>)(key, { ...withoutNumber(input), signal }),
    refetchInterval: every,
    placeholderData: keepPreviousData,
    enabled,
  });
}

/**
 * A whole phone number that is searched for does not stand in an address, which logs of proxies keep: its last four digits find it as well.
 */
export function withoutNumber<T extends object>(input: T | undefined): T | undefined {
  const { query } = (input ?? {}) as { query?: { q?: unknown } };
  const number = typeof query?.q === 'string' ? query.q.replace(/[\s-]/g, '') : '';
  return input && /^(\+?86)?1\d{10}$/.test(number) ? { ...input, query: { ...query, q: number.slice(-4) } } : input;
}

/**
 * Calls an endpoint that changes something. Failures are shown in words; afterwards everything that `touches` (endpoint
 * keys, or all) was read from is read again.
 */
export function useAct<K extends EndpointKey>(
  key: K,
  { done, touches }: { done?: string; touches?: EndpointKey[] } = {},
) {
  const client = useQueryClient();
  const { message } = App.useApp();
  return useMutation<Result<K>, unknown, Input<K>>({
    mutationFn: (input) => (call as (key: K, input: object) => Promise<Result<K>>)(key, input),
    onSuccess: async () => {
      await client.invalidateQueries({
        predicate: ({ queryKey }) => !touches || touches.includes(queryKey[0] as EndpointKey),
      });
      if (done) void message.success(done);
    },
    onError: (error) => void message.error(wordsOf(error), 6),
  });
}

export function wordsOf(error: unknown): string {
  return error instanceof ApiError ? error.message : String(error);
}
