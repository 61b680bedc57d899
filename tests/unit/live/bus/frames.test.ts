import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAssembly, type Frame, MAX_BYTES, packed, pieces, unpacked } from '#server/live/bus/frames.ts';

/** The frames of these messages, one sign of life after each. */
function framesOf(from: string, messages: string[]): Frame[] {
  let n = 0;
  return messages
    .flatMap((message) => [...pieces(message), {}])
    .map((each) => {
      n += 1;
      return { from, n, at: 0, ...each };
    });
}

/** What goes over the line, and arrives. */
function overTheLine(frames: Frame[]): string[] {
  const texts: string[] = [];
  for (const rest = [...frames]; rest.length > 0; ) {
    const { text, count } = packed(rest);
    texts.push(text);
    rest.splice(0, count);
  }
  return texts;
}

/** As JSON, which is what messages are: whatever somebody typed, up to several frames long. */
const messages = fc.array(
  fc
    .tuple(fc.string({ unit: 'binary', maxLength: 20 }), fc.integer({ min: 1, max: 500 }))
    .map(([text, times]) => JSON.stringify({ text: text.repeat(times) })),
  { minLength: 1, maxLength: 8 },
);

describe('frames', () => {
  it('of messages of any length and any letters are short enough for NOTIFY, and are heard as they were', () => {
    fc.assert(
      fc.property(messages, (sent) => {
        const texts = overTheLine(framesOf('a', sent));
        for (const text of texts) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_BYTES);
        const assembly = createAssembly();
        const heard = texts.flatMap(unpacked).map((frame) => assembly.hear(frame, 0));
        expect(heard.flatMap((each) => each?.message ?? [])).toEqual(sent);
        expect(heard.some((each) => each?.missed)).toBe(false);
      }),
    );
  });

  it('that came twice are heard once, and those that did not come are missed', () => {
    const line = fc.array(fc.constantFrom('comes', 'comes twice', 'is lost'), { minLength: 60, maxLength: 60 });
    fc.assert(
      fc.property(messages, messages, line, (of, ofAnother, fates) => {
        const frames = framesOf('a', of).flatMap((frame, i) => [frame, ...framesOf('b', ofAnother).slice(i, i + 1)]);
        const assembly = createAssembly();
        const heard: string[] = [];
        const lost: Frame[] = [];
        const missed = new Set<string>();
        let lastOfA = 0;
        frames.forEach((frame, i) => {
          const fate = fates[i % fates.length];
          if (fate === 'is lost') {
            lost.push(frame);
            return;
          }
          const found = assembly.hear(frame, i);
          if (found?.message !== undefined && frame.from === 'a') heard.push(found.message);
          if (found?.missed) missed.add(frame.from);
          if (frame.from === 'a') lastOfA = frame.n;
          if (fate === 'comes twice') expect(assembly.hear(frame, i)).toBeNull();
        });
        // In order, each once: what was not lost on the way.
        const rest = [...of];
        for (const message of heard) {
          const at = rest.indexOf(message);
          expect(at).toBeGreaterThanOrEqual(0);
          rest.splice(0, at + 1);
        }
        // What was lost after the first that came, and before the last.
        const first = frames.find((frame) => frame.from === 'a' && !lost.includes(frame))?.n ?? 0;
        const gap = lost.some(({ from, n }) => from === 'a' && n > first && n < lastOfA);
        expect(missed.has('a')).toBe(gap);
        if (lost.length === 0) expect(heard).toEqual(of);
      }),
    );
  });

  it('of a message whose beginning was before one listened are no message', () => {
    const [, ...rest] = framesOf('a', ['x'.repeat(5_000)]);
    const assembly = createAssembly();
    expect(rest.map((frame) => assembly.hear(frame, 0))).toEqual(rest.map(() => ({ missed: false })));
  });

  it('of a sender that was not heard for long begin anew', () => {
    const assembly = createAssembly();
    assembly.hear({ from: 'a', n: 5, at: 0 }, 0);
    assembly.forget(1);
    expect(assembly.hear({ from: 'a', n: 9, at: 0 }, 2)).toEqual({ missed: false });
  });
});

it('what is no list of frames is not read', () => {
  expect(() => unpacked('{}')).toThrow(SyntaxError);
  expect(() => unpacked('nonsense')).toThrow(SyntaxError);
});
