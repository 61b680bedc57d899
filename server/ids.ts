import { v7 } from 'uuid';

/** UUIDv7: made in the app, ordered by time, so that indexes stay dense. */
export function newId(): string {
  return v7();
}
