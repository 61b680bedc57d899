import dgram from 'node:dgram';
import { once } from 'node:events';

export interface UdpLine {
  /** To send to, instead of to the server. */
  port: number;
  /** Packets that never arrived. */
  readonly dropped: number;
  /** Nothing passes any more. */
  cut(): void;
  close(): void;
}

/**
 * A bad line between one UDP client and a server: of what passes, in both directions, `loss` is dropped, as much is doubled and
 * as much comes late. The same packets each time.
 */
export async function badLine(to: number, loss: number): Promise<UdpLine> {
  const outside = dgram.createSocket('udp4');
  const inside = dgram.createSocket('udp4');
  let client: dgram.RemoteInfo | undefined;
  let dropped = 0;
  let isCut = false;
  let seed = 1;
  const random = () => {
    seed = (seed * 48_271) % 0x7fffffff;
    return seed / 0x7fffffff;
  };
  function pass(send: () => void): void {
    const fate = random();
    if (isCut || fate < loss) {
      dropped += 1;
      return;
    }
    if (fate > 1 - loss) setTimeout(send, 30);
    else send();
    if (fate > 1 - 2 * loss && fate < 1 - loss) send();
  }
  outside.on('message', (bytes, from) => {
    client = from;
    pass(() => open && inside.send(bytes, to, '127.0.0.1'));
  });
  inside.on('message', (bytes) => pass(() => open && client && outside.send(bytes, client.port, client.address)));
  outside.bind(0, '127.0.0.1');
  inside.bind(0, '127.0.0.1');
  await Promise.all([once(outside, 'listening'), once(inside, 'listening')]);
  let open = true;
  return {
    port: outside.address().port,
    get dropped() {
      return dropped;
    },
    cut() {
      isCut = true;
    },
    close() {
      open = false;
      outside.close();
      inside.close();
    },
  };
}
