import { Replay } from './replay.tsx';
import type { Room, RoomLink, RoomView } from './room-link.ts';
import { Summary } from './summary.tsx';

/** What the room shows when its class is over. */
export default function AfterClass({ link, room, view }: { link: RoomLink; room: Room; view: RoomView }) {
  return (
    <>
      {view.playable && room.prefix && <Replay link={link} room={room} view={view} />}
      <Summary room={room} creditedMs={view.creditedMs} />
    </>
  );
}
