import { AppError } from '../errors.ts';
import type { Services } from '../services.ts';
import { cut, type RoomSocket, waitingMessages } from './room-socket.ts';
import { fullAllowance, overstays, SOCKETS_A_PERSON, spend } from './socket-limits.ts';
import type { Ticket } from './ticket.ts';
import type { Viewers } from './viewers.ts';

/** Who is let go, or not let in: whoever asks too much, has too many sockets, takes nothing, or came for nothing. The limits are in socket-limits.ts. */
export function createLettingGo(
  { clock, logger }: Pick<Services, 'clock' | 'logger'>,
  viewers: Pick<Viewers, 'socketsOf'>,
) {
  return {
    opened(socket: RoomSocket): void {
      const now = clock();
      socket.data.openedAt = now;
      socket.data.allowance = fullAllowance(now);
    },

    /** Whatever a socket says counts, so that nobody keeps a worker busy alone. */
    heard(socket: RoomSocket): 'heard' | 'refused' | 'let-go' {
      const heard = spend(socket.data.allowance, clock());
      if (heard === 'let-go') socket.disconnect(true);
      return heard;
    },

    /** @throws AppError `rate-limited` for a person who has too many sockets in rooms already */
    mayEnter({ personId }: Ticket): void {
      if (viewers.socketsOf(personId) >= SOCKETS_A_PERSON) throw new AppError('rate-limited');
    },

    /** Lets go who holds memory that a crowd needs. To be called every few seconds. */
    look(sockets: Iterable<RoomSocket>): void {
      const now = clock();
      for (const socket of sockets) {
        const { openedAt, ticket, watched } = socket.data;
        const inRoom = ticket !== undefined || watched !== undefined;
        const why = overstays({ waitingMessages: waitingMessages(socket), inRoom, openedAt }, now);
        if (why === null) continue;
        logger.info({ why }, 'a socket is let go');
        if (why === 'does not read') cut(socket);
        else socket.disconnect(true);
      }
    },
  };
}
