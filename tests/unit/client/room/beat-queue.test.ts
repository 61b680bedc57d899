import { describe, expect, it } from 'vitest';
import { BeatQueue, parseLeftover } from '#client/room/beat-queue.ts';

describe('beats that are not acked', () => {
  it('outlive the page until the server has them', () => {
    const store = memory();
    const queue = new BeatQueue('ticket', store, () => 7);
    queue.add([stretch(0, 15_000)], 15_000);
    const beats = queue.next();
    expect(parseLeftover(store.text ?? '')).toEqual({ ticket: 'ticket', beats, at: 7 });
    queue.answered(beats, [1]);
    expect(store.text).toBeNull();
    expect(queue.size).toBe(0);
  });

  it('grow while unsent and keep their content once sent', () => {
    const queue = new BeatQueue('ticket', memory());
    queue.add([stretch(0, 15_000)], 15_000);
    queue.add([stretch(15_000, 30_000)], 30_000);
    expect(queue.next()).toMatchObject([{ seq: 1, mediaFrom: 0, mediaTo: 30_000 }]);
    queue.add([stretch(30_000, 45_000)], 45_000);
    expect(queue.next()).toMatchObject([
      { seq: 1, mediaFrom: 0, mediaTo: 30_000 },
      { seq: 2, mediaFrom: 30_000, mediaTo: 45_000 },
    ]);
  });

  it('keep stretches apart that a gap or the background parts', () => {
    const queue = new BeatQueue('ticket', memory());
    queue.add([stretch(0, 1_000), stretch(2_000, 3_000), { ...stretch(3_000, 4_000), hidden: true }], 5_000);
    expect(queue.next()).toMatchObject([
      { seq: 1, state: { playing: true, stalled: false, hidden: false } },
      { seq: 2, state: { playing: true, stalled: false, hidden: false } },
      { seq: 3, state: { playing: true, stalled: false, hidden: true } },
    ]);
  });

  it('are given up when the server answers three times without taking them', () => {
    const queue = new BeatQueue('ticket', memory());
    queue.add([stretch(0, 1_000)], 1_000);
    for (const left of [1, 1, 0]) {
      queue.answered(queue.next(), []);
      expect(queue.size).toBe(left);
    }
  });

  it('are not sent twice in two shapes when another page has sent them already', () => {
    const store = memory();
    const queue = new BeatQueue('ticket', store);
    queue.add([stretch(0, 1_000)], 1_000);
    store.clear();
    queue.add([stretch(1_000, 2_000)], 2_000);
    expect(queue.next()).toMatchObject([{ seq: 2, mediaFrom: 1_000, mediaTo: 2_000 }]);
  });

  it('work where nothing can be kept', () => {
    const queue = new BeatQueue('ticket', { read: () => null, write: () => undefined, clear: () => undefined });
    queue.add([stretch(0, 1_000)], 1_000);
    queue.add([stretch(5_000, 6_000)], 2_000);
    expect(queue.next()).toHaveLength(2);
  });

  it('go in messages of at most 50 and do not pile up for ever', () => {
    const queue = new BeatQueue('ticket', memory());
    for (let n = 0; n < 1_100; n += 1) queue.add([stretch(n * 2_000, n * 2_000 + 1_000)], n);
    expect(queue.size).toBe(1_000);
    expect(queue.next()).toHaveLength(50);
  });

  it.each(['', '{', 'null', '{"ticket":1}', '{"ticket":"t","beats":[],"at":1}'])(
    'are dropped when damaged: %s',
    (text) => {
      expect(parseLeftover(text)).toBeNull();
    },
  );
});

function stretch(from: number, to: number) {
  return { from, to, hidden: false };
}

function memory() {
  return {
    text: null as string | null,
    read() {
      return this.text;
    },
    write(text: string) {
      this.text = text;
    },
    clear() {
      this.text = null;
    },
  };
}
