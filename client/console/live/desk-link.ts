import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { openSocket, request } from '#client/socket.ts';
import type { Result } from '#contract/api.ts';
import type { AckData } from '#contract/events.ts';

type Room = AckData['console:join']['room'];
type LiveQuestion = Result<'GET /sessions/:sessionId/live-questions'>[number];

export interface DeskLink {
  room: Room | null;
  devices: number;
  connected: boolean;
}

/** Joins a session's console room: the room as it changes, and questions and answers as they come in. */
export function useDeskLink(sessionId: string): DeskLink {
  const client = useQueryClient();
  const [link, setLink] = useState<DeskLink>({ room: null, devices: 0, connected: false });

  useEffect(() => {
    const socket = openSocket();
    const reread = (...keys: string[]) => {
      void client.invalidateQueries({ predicate: ({ queryKey }) => keys.includes(String(queryKey[0])) });
    };
    const join = async () => {
      const { room, viewers } = await request(socket, 'console:join', { sessionId });
      setLink({ room, devices: viewers, connected: true });
      reread(
        'GET /sessions/:sessionId',
        'GET /sessions/:sessionId/questions',
        'GET /sessions/:sessionId/live-questions',
      );
    };
    socket.on('connect', () => void join().catch(() => undefined));
    socket.on('disconnect', () => setLink((old) => ({ ...old, connected: false })));
    socket.on('room:changed', (room) => {
      setLink((old) => ({ ...old, room }));
      reread(
        'GET /sessions/:sessionId',
        'GET /sessions/:sessionId/questions',
        'GET /sessions/:sessionId/live-questions',
        'POST /sessions/:sessionId/watch',
        'GET /sessions/:sessionId/recording',
      );
    });
    socket.on('room:viewers', ({ devices }) => setLink((old) => ({ ...old, devices })));
    socket.on('question:asked', () => reread('GET /sessions/:sessionId/questions'));
    socket.on('quiz:tally', (live) => {
      const key = ['GET /sessions/:sessionId/live-questions', { params: { sessionId } }];
      client.setQueryData<LiveQuestion[]>(key, (old) =>
        old?.map((question) => (question.id === live.id ? live : question)),
      );
    });
    return () => {
      socket.disconnect();
    };
  }, [client, sessionId]);

  return link;
}
