import type { videoEndpoints } from '#contract/videos.ts';
import type { Call, Handlers } from '../http.ts';
import type { Playouts } from './playouts.ts';
import type { Officer, Videos } from './service.ts';

export function videoRoutes(videos: Videos, playouts: Playouts): Handlers<typeof videoEndpoints> {
  return {
    'GET /videos': async () => ({ items: await videos.list(), limitBytes: videos.limitBytes }),
    'POST /videos': (call) => videos.begin(call.body, officerOf(call)),
    'POST /videos/:videoId/upload-token': ({ params }) => videos.goOn(params.videoId),
    'POST /videos/:videoId/check': ({ params, actor }) => videos.checkAgain(params.videoId, actor),
    'GET /videos/:videoId/poster': async ({ params }) => {
      const content = await videos.poster(params.videoId);
      return { name: 'poster.jpg', type: 'image/jpeg', content };
    },
    'DELETE /videos/:videoId': ({ params, actor }) => videos.remove(params.videoId, actor),

    'GET /sessions/:sessionId/playout': async ({ params }) => ({ playout: await playouts.read(params.sessionId) }),
    'PUT /sessions/:sessionId/playout': (call) => playouts.arm(call.params.sessionId, call.body, officerOf(call)),
    'POST /sessions/:sessionId/playout/act': ({ params, body, actor }) =>
      playouts.act(params.sessionId, body.playoutId, body.act, actor),
  };
}

function officerOf({ actor, principal }: Pick<Call<'POST /videos'>, 'actor' | 'principal'>): Officer {
  return { actor, name: principal.name };
}
