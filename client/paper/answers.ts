import { forget, recall, remember } from '#client/storage.ts';

/** Chosen options by question id. */
export type Answers = Record<string, number[]>;

/** What was chosen so far, kept on this device until it is handed in: WeChat may throw the page away at any time. */
export function keptAnswers(attemptId: string): Answers {
  try {
    const kept: unknown = JSON.parse(recall(key(attemptId)) ?? '{}');
    return kept && typeof kept === 'object' ? (kept as Answers) : {};
  } catch {
    return {};
  }
}

export function keepAnswers(attemptId: string, answers: Answers): void {
  remember(key(attemptId), JSON.stringify(answers));
}

export function forgetAnswers(attemptId: string): void {
  forget(key(attemptId));
}

function key(attemptId: string): string {
  return `attempt.${attemptId}`;
}
