import { expect, it } from 'vitest';
import { Collapse } from '#media/edge/collapse.ts';
import { Shelf } from '#media/edge/shelf.ts';
import { stoppedClock } from '#tests/support/stopped-clock.ts';

const stays = new AbortController().signal;

it('asks once for all who wait', async () => {
  const collapse = new Collapse<string>(10);
  let asked = 0;
  const ask = async () => {
    asked += 1;
    return 'answer';
  };
  const answers = await Promise.all([1, 2, 3].map(() => collapse.join('key', stays, ask)));
  expect(answers).toEqual(['answer', 'answer', 'answer']);
  expect(asked).toBe(1);
  await collapse.join('key', stays, ask);
  expect(asked).toBe(2);
});

it('gives a question up when the last who waited has left, and not before', async () => {
  const collapse = new Collapse<string>(10);
  let stopped = false;
  const ask = (stop: AbortSignal) =>
    new Promise<string>((_, reject) =>
      stop.addEventListener('abort', () => {
        stopped = true;
        reject(stop.reason);
      }),
    );
  const [first, second] = [new AbortController(), new AbortController()];
  const waiting = [first, second].map(({ signal }) => collapse.join('key', signal, ask));
  first.abort();
  await expect(waiting[0]).rejects.toThrow('aborted');
  expect(stopped).toBe(false);
  second.abort();
  await expect(waiting[1]).rejects.toThrow('aborted');
  expect(stopped).toBe(true);
});

it('takes only so many different questions at once', async () => {
  const collapse = new Collapse<string>(1);
  const never = () => new Promise<string>(() => undefined);
  const left = new AbortController();
  const open = collapse.join('one', left.signal, never);
  await expect(collapse.join('two', stays, never)).rejects.toThrow('Too many');
  left.abort();
  await expect(open).rejects.toThrow();
  await expect(collapse.join('two', stays, async () => 'answer')).resolves.toBe('answer');
});

it('keeps what it may for as long as it may, within its bytes, and no error', () => {
  const clock = stoppedClock(0);
  const shelf = new Shelf(400, clock);
  const answer = (caching: string, status = 200) => ({ status, type: 'x', caching, bytes: Buffer.alloc(100) });
  shelf.put('for ever', answer('public, max-age=31536000, immutable'));
  shelf.put('a second', answer('max-age=1'));
  shelf.put('never', answer('no-cache'));
  shelf.put('error', answer('max-age=60', 404));
  const kept = () => ['for ever', 'a second', 'never', 'error'].filter((key) => shelf.get(key));
  expect(kept()).toEqual(['for ever', 'a second']);
  clock.advance(1_000);
  expect(kept()).toEqual(['for ever']);
  for (let n = 0; n < 4; n += 1) {
    shelf.put(`more ${n}`, answer('max-age=60'));
    shelf.get('for ever');
  }
  expect(kept()).toEqual(['for ever']);
  expect(shelf.get('more 0')).toBeUndefined();
  expect(shelf.bytes).toBe(400);
});
