import fs from 'node:fs';
import path from 'node:path';
import type { Broadcast } from '#contract/media.ts';
import { Fmp4Reader, type Fragment } from '#media/fmp4.ts';
import { createLogger } from '#media/logger.ts';
import { RenditionRecorder } from '#media/recorder.ts';
import { encodeTestSignal, encodeTestSound } from '#tests/support/media.ts';

const SEGMENT_MICROS = 2_000_000;

/** A recording of so many segments of two seconds, as a killed media process leaves it. @param end of it, epoch ms */
export async function leaveRecording(
  dataDir: string,
  broadcast: Broadcast,
  segments: number,
  end: number,
): Promise<void> {
  const folder = path.join(dataDir, 'recordings', broadcast.id);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'broadcast.json'), JSON.stringify(broadcast));
  const began = end - segments * 2_000;
  const encoded = {
    '360p': await encodeTestSignal(segments * 2, '-an'),
    sound: await encodeTestSound(segments * 2),
  };
  for (const [name, bytes] of Object.entries(encoded)) {
    const items = new Fmp4Reader().push(bytes);
    const recorder = RenditionRecorder.begin(path.join(folder, name), createLogger('silent'), async () => undefined);
    for (const item of items) if (item.kind === 'init') recorder.init(1, item.bytes);
    const fragments = items.filter((item): item is Fragment => item.kind === 'fragment');
    const zero = fragments[0]?.start ?? 0;
    for (let msn = 0; msn < segments; msn += 1) {
      const parts = fragments.filter(({ start, duration }) => {
        return Math.floor((start - zero + duration / 2) / SEGMENT_MICROS) === msn;
      });
      const pdt = began + Math.round(((parts[0]?.start ?? 0) - zero) / 1_000);
      recorder.segment({ msn, pdt, discontinuity: false, discontinuitySequence: 0, init: 1, parts });
      await recorder.settled();
    }
    await recorder.close();
  }
}
