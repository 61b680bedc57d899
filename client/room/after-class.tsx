import { useEffect } from 'react';
import { serverNow } from '#client/server-clock.ts';
import { Replay } from './replay.tsx';
import type { Room, RoomLink, RoomView } from './room-link.ts';
import { Summary } from './summary.tsx';

/** What the room shows when its class is over. */
export default function AfterClass({ link, room, view }: { link: RoomLink; room: Room; view: RoomView }) {
  const isOpen = room.replayUntil !== null && serverNow() <= room.replayUntil;
  const admitted = view.replay !== null;
  // What was given in the class does not stand for its replay.
  useEffect(() => {
    if (isOpen && !admitted) void link.enter();
  }, [isOpen, admitted, link]);
  return (
    <>
      {view.playable && room.prefix && <Replay link={link} room={room} view={view} />}
      <Summary room={room} creditedMs={view.creditedMs} />
    </>
  );
}
