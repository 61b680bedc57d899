import fc from 'fast-check';
import { expect, it } from 'vitest';
import { directivesOf, searchOf, viewerAddress } from '#media/addresses.ts';
import { holds, progressOf } from '#media/edge/newest.ts';
import { type Segment, Stream } from '#media/stream.ts';

const part = () => ({ bytes: Buffer.from('x'), duration: 333_333, independent: false });

function segment(msn: number): Segment {
  return { msn, pdt: msn * 2_000, discontinuity: false, discontinuitySequence: 0, init: 1, parts: [part()] };
}

/** Whether the stream itself answers this reload at once. */
async function answersAtOnce(stream: Stream, msn: number, index: number | undefined): Promise<boolean> {
  const left = new AbortController();
  const answer = stream.playlistWith({ msn, part: index }, left.signal).then(
    () => true,
    () => false,
  );
  const pending = new Promise<boolean>((resolve) => setImmediate(() => resolve(false)));
  const atOnce = await Promise.race([answer, pending]);
  left.abort();
  return atOnce;
}

it('reads from a playlist which reloads its stream would answer at once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 8 }),
      fc.constantFrom('open', 'closed', 'ended'),
      fc.integer({ min: 0, max: 8 }),
      fc.option(fc.integer({ min: 0, max: 7 }), { nil: undefined }),
      async (counts, state, msn, index) => {
        const stream = new Stream();
        for (const [at, count] of counts.entries()) {
          stream.cut(segment(at));
          for (let n = 1; n < count; n += 1) stream.append(part());
        }
        if (state === 'closed') stream.closeSegment();
        if (state === 'ended') stream.end();
        fc.pre(msn <= counts.length);
        const progress = progressOf(stream.playlist());
        expect(holds(progress, { msn, part: index })).toBe(await answersAtOnce(stream, msn, index));
      },
    ),
  );
});

it('writes the three directives in one way and drops the rest', () => {
  const canonical = (search: string) => searchOf(directivesOf(search));
  expect(canonical('_HLS_skip=v2&x=1&_HLS_part=02&_HLS_msn=0013')).toBe('?_HLS_msn=13&_HLS_part=2&_HLS_skip=YES');
  expect(canonical('cache=buster')).toBe('');
  expect(canonical('_HLS_skip=YES')).toBe('?_HLS_skip=YES');
  for (const wrong of ['_HLS_part=1', '_HLS_msn=', '_HLS_msn=-1', '_HLS_msn=1.5', '_HLS_msn=1&_HLS_part=x'])
    expect(() => canonical(wrong)).toThrow('malformed');
});

it('knows no address but a viewer’s', () => {
  const prefix = 'p'.repeat(24);
  expect(viewerAddress(`/media/t/a.b.c/${prefix}/360p/part-1.2.m4s`)).toEqual({
    token: 'a.b.c',
    prefix,
    rendition: '360p',
    file: 'part-1.2.m4s',
  });
  fc.assert(
    fc.property(fc.string(), fc.constantFrom('..', '.', '%2e%2e', '', '/', '\\', '\0', ' ', '?'), (text, trick) => {
      const address = viewerAddress(`/media/${prefix}/${text}${trick}`);
      if (!address) return;
      expect(`${address.rendition ?? ''}${address.file}`).toMatch(/^[\w.-]+$/);
      expect(address.file).not.toContain('..');
    }),
  );
});
