/** Ends what nobody waits for any more. @throws Error */
export function goOn(signal: AbortSignal): void {
  if (signal.aborted) throw new Error('nobody waits for it any more');
}
