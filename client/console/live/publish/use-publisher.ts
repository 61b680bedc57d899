import { useEffect, useMemo } from 'react';
import type { OnAir } from './on-air.ts';
import { Publisher } from './publisher.ts';

let current: Publisher | null = null;

/** This page's publisher for the session; null while the page publishes into another one. What is on air goes on when the desk is left. */
export function usePublisher({ sessionId, title }: OnAir, wordsOnCard: () => string): Publisher | null {
  // biome-ignore lint/correctness/useExhaustiveDependencies: words and title are read when they are needed, and never change who publishes
  const publisher = useMemo(() => {
    if (current?.sessionId === sessionId) return current;
    if (current?.onAir) return null;
    current = new Publisher({ sessionId, title }, wordsOnCard);
    return current;
  }, [sessionId]);

  useEffect(
    () => () => {
      if (publisher && !publisher.onAir) publisher.close();
    },
    [publisher],
  );
  return publisher;
}
