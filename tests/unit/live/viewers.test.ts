import { expect, it } from 'vitest';
import { createViewers } from '#server/live/viewers.ts';

const viewer = { sessionId: 'one', deviceId: 'phone', personId: 'zhang' };

it('a device counts once however many sockets it has, and until the last is gone', () => {
  const viewers = createViewers(() => 0);
  viewers.join(viewer);
  viewers.join(viewer);
  viewers.join({ ...viewer, deviceId: 'desk', personId: 'li' });
  expect(viewers.total('one')).toBe(2);
  viewers.leave(viewer);
  expect(viewers.total('one')).toBe(2);
  viewers.leave(viewer);
  expect(viewers.total('one')).toBe(1);
});

it('a person’s sockets are counted over rooms and devices, and nothing is kept of who left', () => {
  const viewers = createViewers(() => 0);
  const elsewhere = { ...viewer, sessionId: 'two', deviceId: 'desk' };
  viewers.join(viewer);
  viewers.join(elsewhere);
  expect(viewers.socketsOf('zhang')).toBe(2);
  viewers.leave(elsewhere);
  expect(viewers.socketsOf('zhang')).toBe(1);
  viewers.leave(viewer);
  expect(viewers.socketsOf('zhang')).toBe(0);
});
