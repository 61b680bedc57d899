import { recall, remember } from '#client/storage.ts';

const STORED = 'reloaded';
/** Loading it again so soon has not helped. */
const AGAIN_MS = 60_000;
/** Everybody's page may be older than the address, which is at one service. */
const WITHIN_MS = 3_000;

/**
 * A page may read only from where it was told when it was loaded, and an outside address can be chosen later. When the browser refuses
 * to play because of that, the page is loaded anew, which tells it.
 * @returns what ends it
 */
export function reloadWhenRefused(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const onRefused = ({ effectiveDirective }: SecurityPolicyViolationEvent) => {
    if (timer !== undefined || !/^(connect|media)-src/.test(effectiveDirective)) return;
    if (Date.now() - Number(recall(STORED)) < AGAIN_MS) return;
    // What can't be remembered could be done for ever.
    if (!remember(STORED, String(Date.now()))) return;
    timer = setTimeout(() => location.reload(), Math.random() * WITHIN_MS);
  };
  document.addEventListener('securitypolicyviolation', onRefused);
  return () => {
    clearTimeout(timer);
    document.removeEventListener('securitypolicyviolation', onRefused);
  };
}
