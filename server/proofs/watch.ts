import type { Services } from '../services.ts';
import type { Proofs } from './service.ts';

const LOOK_EVERY_MS = 20_000;

/** Issues and withdraws proofs as the rule says. One worker of each host looks; of two that settle a session one waits for the other. */
export function watchProofs({ logger, config }: Pick<Services, 'logger' | 'config'>, proofs: Proofs): { stop(): void } {
  let looking = false;
  const look = async () => {
    if (config.workerIndex !== 0 || looking) return;
    looking = true;
    try {
      const { issued, withdrawn } = await proofs.keepTheRule();
      if (issued + withdrawn > 0) logger.info({ issued, withdrawn }, 'proofs of training were settled');
    } catch (error) {
      logger.warn({ err: error }, 'proofs of training were not settled');
    } finally {
      looking = false;
    }
  };
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
