import { expect, it } from 'vitest';
import { WaitingRoom } from '#media/srt/waiting-room.ts';

it('has a place for whoever calls from elsewhere, however many one address sends', () => {
  const room = new WaitingRoom(() => 0);
  const entered = Array.from({ length: 100 }, (_, at) => room.enter(`flood/${at}`, 'flood'));
  expect(entered.filter((waiting) => waiting !== null).length).toBe(2);
  expect(room.enter('real', 'office')).not.toBeNull();
});

it('is left by the oldest of the address that has most, when it is full', () => {
  const room = new WaitingRoom(() => 0);
  const first = Array.from({ length: 30 }, (_, at) => room.enter(`${at}`, `address ${at}`));
  const busy = [room.enter('busy/1', 'busy'), room.enter('busy/2', 'busy')];
  expect(room.enter('31', 'address 31')).not.toBeNull();
  expect(busy.map((waiting) => waiting && room.isGone(waiting))).toEqual([true, false]);
  expect(room.enter('32', 'address 32')).not.toBeNull();
  expect(first.map((waiting) => waiting && room.isGone(waiting))).toEqual([true, ...Array(29).fill(false)]);
});

it('begins no more than so much, also for those who have given way', () => {
  const room = new WaitingRoom(() => 0);
  const entered = Array.from({ length: 100 }, (_, at) => room.enter(`${at}`, `address ${at}`));
  expect(entered.filter((waiting) => waiting !== null).length).toBe(64);
  const [first] = entered;
  if (first) room.leave('0', first);
  expect(room.enter('later', 'office')).not.toBeNull();
});

it('knows who has given up by that it does not ask any more', () => {
  let now = 0;
  const room = new WaitingRoom(() => now);
  const patient = room.enter('patient', 'one');
  const gone = room.enter('gone', 'two');
  expect(room.hear('nobody')).toBe(false);
  for (; now <= 2_000; now += 250) expect(room.hear('patient')).toBe(true);
  expect([patient, gone].map((waiting) => waiting && room.isGone(waiting))).toEqual([false, true]);
});
