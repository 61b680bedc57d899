import http from 'node:http';
import type { AddressInfo } from 'node:net';

/*
 * An origin whose parts come faster than a camera makes them, so that viewers who wait can ask as often as a server answers.
 * Arguments: the moment at which the first part was there (epoch ms), and ms for each. Prints its address.
 */
const [epoch = 0, everyMs = 20] = process.argv.slice(2).map(Number);
/** So that a segment lasts as long as one of a camera's: an edge refuses what is several segments ahead. */
const PARTS = 100;
const LISTED = 18;

const server = http.createServer(async (req, res) => {
  const { pathname, searchParams } = new URL(req.url ?? '/', 'http://origin');
  if (pathname.endsWith('.m3u8')) {
    const wanted = Number(searchParams.get('_HLS_msn') ?? 0) * PARTS + Number(searchParams.get('_HLS_part') ?? 0);
    const wait = epoch + wanted * everyMs - Date.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const newest = Math.max(wanted, Math.floor((Date.now() - epoch) / everyMs));
    const headers = { 'content-type': 'application/vnd.apple.mpegurl', 'cache-control': 'no-cache' };
    res.writeHead(200, headers).end(playlist(newest));
  } else if (pathname.endsWith('.m4s')) {
    const headers = { 'content-type': 'video/mp4', 'cache-control': 'public, max-age=31536000, immutable' };
    res.writeHead(200, headers).end(Buffer.alloc(1_000));
  } else {
    res.writeHead(404).end();
  }
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
process.stdin.on('close', () => process.exit(0)).resume();

/** As the media process writes an update, up to this part. */
function playlist(newest: number): string {
  const [msn, last] = [Math.floor(newest / PARTS), newest % PARTS];
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:10',
    '#EXT-X-TARGETDURATION:2',
    '#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12.0,PART-HOLD-BACK=1.002',
    '#EXT-X-PART-INF:PART-TARGET=0.334',
    '#EXT-X-MEDIA-SEQUENCE:0',
    `#EXT-X-SKIP:SKIPPED-SEGMENTS=${Math.max(0, msn - 6)}`,
  ];
  for (let segment = Math.max(0, msn - 6); segment <= msn; segment += 1) {
    const parts = segment === msn ? last + 1 : PARTS;
    lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(epoch + segment * 2_000).toISOString()}`);
    for (let part = Math.max(0, parts - LISTED); part < parts && segment === msn; part += 1)
      lines.push(
        `#EXT-X-PART:DURATION=0.33333,URI="part-${segment}.${part}.m4s"${part === 0 ? ',INDEPENDENT=YES' : ''}`,
      );
    if (segment < msn) lines.push('#EXTINF:2.00000,', `seg-${segment}.m4s`);
  }
  const next = newest + 1;
  lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="part-${Math.floor(next / PARTS)}.${next % PARTS}.m4s"`);
  lines.push('#EXT-X-RENDITION-REPORT:URI="../480p/live.m3u8",LAST-MSN=0,LAST-PART=0');
  return `${lines.join('\n')}\n`;
}
