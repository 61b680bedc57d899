import { repeated } from '../repeated.ts';
import type { Services } from '../services.ts';
import type { Proofs } from './service.ts';

const LOOK_EVERY_MS = 20_000;

/** Issues and withdraws proofs as the rule says. One worker of each host looks; of two that settle a session one waits for the other. */
export function watchProofs({ logger, config }: Pick<Services, 'logger' | 'config'>, proofs: Proofs): { stop(): void } {
  async function look(): Promise<void> {
    if (config.workerIndex !== 0) return;
    const { issued, withdrawn } = await proofs.keepTheRule();
    if (issued + withdrawn > 0) logger.info({ issued, withdrawn }, 'proofs of training were settled');
  }
  return repeated(LOOK_EVERY_MS, look, { logger, failed: 'proofs of training were not settled' });
}
