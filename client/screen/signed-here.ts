import { forget, recall, remember } from '#client/storage.ts';

/** Whom this phone signed in last at a screen; the name is masked. */
export interface SignedHere {
  personId: string;
  name: string;
}

const keyOf = (screen: string) => `signed.${screen}`;

export function signedHere(screen: string): SignedHere | null {
  try {
    const { personId, name } = JSON.parse(recall(keyOf(screen)) ?? '{}');
    return typeof personId === 'string' && typeof name === 'string' ? { personId, name } : null;
  } catch {
    return null;
  }
}

export function rememberSigned(screen: string, signed: SignedHere): void {
  remember(keyOf(screen), JSON.stringify(signed));
}

export function forgetSigned(screen: string): void {
  forget(keyOf(screen));
}
