import { queryOptions, useQuery } from '@tanstack/react-query';
import type { z } from 'zod';
import type { Me as MeSchema } from '#contract/accounts.ts';
import { CONVENOR_CATEGORIES } from '#contract/plain.ts';
import { type ApiError, call, onSignedOut, refresh } from './api.ts';
import { forgetPlace } from './line/place.ts';
import { queryClient } from './query-client.ts';
import { forgetAsked } from './room/admission.ts';
import { forget, recall, remember } from './storage.ts';

export type Me = z.infer<typeof MeSchema>;

/** Kept where a login may still be renewable, so that a stranger's first visit asks for no renewal. */
const SIGNED_IN = 'signed-in';

/** Who is signed in; null: nobody. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: async (): Promise<Me | null> => {
    const me = await call('GET /me');
    if (me) return me;
    if (!wasSignedIn()) return null;
    const refusal = await refresh();
    if (!refusal) return call('GET /me');
    forget(SIGNED_IN);
    noteReason(refusal);
    return null;
  },
  staleTime: 5 * 60_000,
});

/** Somebody has signed in on this device and not out again, though their login may have ended since. */
export function wasSignedIn(): boolean {
  return recall(SIGNED_IN) !== null;
}

let ended: ApiError | null = null;

/** Why somebody is signed in no more who did not sign out; null: the server did not say. */
export function whySignedOut(): ApiError | null {
  return ended;
}

/** Whoever asks again may hear less; the reason is the reason until somebody signs in. */
function noteReason(refusal: ApiError): void {
  if (refusal.code === 'login-ended') ended = refusal;
}

/** undefined while it is not known yet. */
export function useMe(): Me | null | undefined {
  return useQuery(meQuery).data;
}

/** Whether somebody may open a shared screen for their unit; what counts is what the server allows. */
export function mayConvene(me: Me | null | undefined): boolean {
  if (!me) return false;
  if (me.grants.some(({ role }) => role === 'enterprise')) return true;
  return me.verification === 'verified' && me.category !== null && CONVENOR_CATEGORIES.includes(me.category);
}

/** As {@link useMe}, without asking for a stranger. */
export function useMeIfKnown(): Me | null {
  return useQuery({ ...meQuery, enabled: wasSignedIn() }).data ?? null;
}

/** To be called with the answer of every call that signs somebody in. What was loaded for somebody else goes. */
export function signedIn(me: Me): void {
  remember(SIGNED_IN, '1');
  ended = null;
  forgetPersonal();
  queryClient.setQueryData(meQuery.queryKey, me);
}

/** Signs this device out; the page forgets everything, whether or not the server could be told. */
export async function signOut(): Promise<void> {
  await call('POST /logout').catch(() => undefined);
  signedOut();
}

/** Where somebody belongs who comes without a wish. */
export function homeOf(me: Me): string {
  return me.grants.some((grant) => grant.role !== 'learner') ? '/console' : '/learn';
}

onSignedOut((refusal) => {
  noteReason(refusal);
  signedOut();
});

function signedOut(): void {
  forgetPlace();
  forget(SIGNED_IN);
  forgetPersonal();
  queryClient.setQueryData(meQuery.queryKey, null);
}

/** Queries of the entry pages are the same for everybody, and one of them may be what signs somebody in. */
const IMPERSONAL = ['me', 'installation', 'join', 'link'];

function forgetPersonal(): void {
  forgetAsked();
  queryClient.removeQueries({ predicate: ({ queryKey }) => !IMPERSONAL.includes(String(queryKey[0])) });
}
