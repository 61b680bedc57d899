import http from 'node:http';

/* The least that the supervisor can supervise as the media process. */

const server = http.createServer((_request, response) => {
  response.setHeader('connection', 'close').end(JSON.stringify({ pid: process.pid }));
});
process.once('SIGTERM', () => process.exit(0));
process.once('disconnect', () => process.exit(0));
server.listen(Number(process.env.MEDIA_PORT), '127.0.0.1', () => process.send?.({ type: 'ready' }));
