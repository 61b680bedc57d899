import type { Server } from 'socket.io';
import { expect, it } from 'vitest';
import { createSlices } from '#server/live/slices.ts';

const SESSION = '019ab000-0000-7000-8000-000000000001';
const viewers = (devices: number) => ({ sessionId: SESSION, devices });

/** A worker with so many sockets in a room, which notes what is sent to how many in one go. */
function worker(sockets: number) {
  const ids = new Set(Array.from({ length: sockets }, (_, n) => `socket-${n}`));
  const sent: { sockets: string[]; payload: unknown }[] = [];
  const local = {
    to: (to: string[]) => ({ emit: (_: string, payload: unknown) => sent.push({ sockets: to, payload }) }),
  };
  const io = { local, sockets: { adapter: { rooms: new Map([['room', ids]]) } } };
  return { send: createSlices(io as unknown as Pick<Server, 'local' | 'sockets'>), sent, ids };
}

it('reaches everybody once, with other work in between', async () => {
  const { send, sent, ids } = worker(2_200);
  const turns: number[] = [];
  const done = send('room', 'room:viewers', viewers(2_200));
  setImmediate(() => turns.push(sent.length));
  await done;
  expect(sent.map((slice) => slice.sockets.length)).toEqual([1_000, 1_000, 200]);
  expect(new Set(sent.flatMap((slice) => slice.sockets))).toEqual(ids);
  expect(turns[0]).toBeLessThan(3);
});

it('sends the last of what came meanwhile, after what is under way', async () => {
  const { send, sent } = worker(1_700);
  const first = send('room', 'room:viewers', viewers(1));
  await send('room', 'room:viewers', viewers(2));
  await send('room', 'room:viewers', viewers(3));
  await first;
  expect(sent.map((slice) => (slice.payload as { devices: number }).devices)).toEqual([1, 1, 3, 3]);
});

it('does not keep one room or event waiting for another', async () => {
  const { send, sent } = worker(10);
  await Promise.all([send('room', 'room:viewers', viewers(1)), send('room', 'server:draining', { withinMs: 5 })]);
  expect(sent).toHaveLength(2);
});

it('of a room without anybody sends nothing', async () => {
  const { send, sent } = worker(10);
  await send('another', 'room:viewers', viewers(0));
  expect(sent).toEqual([]);
});
