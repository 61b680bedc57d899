import { addTexts } from '#client/i18n.ts';

export const useOutsideText = addTexts({
  zh: {
    from: '画面来源',
    ours: '自己推流',
    elsewhere: '外部直播地址',
    address: '直播地址（HLS）',
    addressHint: '云直播的 .m3u8 播放地址。学员直接从那里取画面，考勤和提问照常；本系统不录像。下课前可以更换。',
    look: '检查地址',
    looking: '正在检查',
    fine: '可以播放',
    fineVariants: '可以播放，清晰度：{names}',
    plays: '可以播放，请留意：',
    fails: '不能播放：',
    missing: '请填写直播地址',
    'no-url': '这不是网址，请核对',
    'not-http': '只支持 http:// 或 https:// 开头的地址',
    credentials: '地址里不能带用户名和密码',
    'not-m3u8': '地址应以 .m3u8 结尾（问号前）',
    unreachable: '连不上这个地址，或对方没有及时应答。请核对地址，并确认服务器能访问外网',
    status: '对方拒绝了请求（HTTP {status}）。请核对地址，检查播放鉴权是否过期',
    redirects: '地址一再跳转，没有到达播放列表',
    'too-large': '播放列表过大，不是正常的直播',
    'not-hls': '地址返回的不是 HLS 播放列表',
    'not-live': '这是录像或已经结束的直播，不是正在进行的直播',
    'no-segments': '播放列表里还没有画面，请先开始推流',
    'no-codec': '没有浏览器都能播放的清晰度，请在云直播里改为 H.264 视频、AAC 音频',
    'no-cors': '对方不允许网页读取（缺少跨域头）。请在 CDN 控制台开启跨域访问（CORS），允许本系统的网址',
    insecure: '本系统用 https 打开，浏览器不会播放 http 地址。请改用 https 地址',
    'stands-still': '画面没有更新。请检查推流端和云直播',
    'no-dates': '没有时间标记（PROGRAM-DATE-TIME），按到达时间估算，提问可能比画面早几秒出现',
    'wrong-dates': '时间标记与服务器相差 {seconds} 秒，已自动校正，提问可能比画面早几秒出现',
  },
  en: {
    from: 'The picture comes from',
    ours: 'Our own stream',
    elsewhere: 'An outside address',
    address: 'Address (HLS)',
    addressHint:
      'The .m3u8 address of a cloud live service. Learners read the picture from there; attendance and questions work as ever. It is not recorded here. It may change until the class has ended.',
    look: 'Check',
    looking: 'Checking',
    fine: 'It plays',
    fineVariants: 'It plays, in {names}',
    plays: 'It plays, but note:',
    fails: 'It does not play:',
    missing: 'An address is needed',
    'no-url': 'This is no web address',
    'not-http': 'Only addresses of http:// or https://',
    credentials: 'No user name and password in the address',
    'not-m3u8': 'The address should end in .m3u8 (before any ?)',
    unreachable: 'Nothing answers there, or not in time. Check the address, and that the server may reach the internet',
    status: 'The other side refused (HTTP {status}). Check the address, and whether its signature has run out',
    redirects: 'The address leads on and on without reaching a playlist',
    'too-large': 'The playlist is too large for a live stream',
    'not-hls': 'What is there is no HLS playlist',
    'not-live': 'A recording, or a live stream that has ended',
    'no-segments': 'The playlist has no picture yet; start to publish first',
    'no-codec': 'Nothing that every browser plays; set the service to H.264 video and AAC sound',
    'no-cors':
      'Pages may not read it (no CORS header). Allow this system’s address for cross-origin access in the CDN’s console',
    insecure: 'This system is opened by https, and browsers will not play an http address there. Use an https one',
    'stands-still': 'Nothing is added to it. Check the encoder and the live service',
    'no-dates':
      'It has no PROGRAM-DATE-TIME: the clock is estimated, and questions may appear a few seconds before the picture',
    'wrong-dates':
      'Its dates are {seconds} s off and were put right; questions may appear a few seconds before the picture',
  },
});

/** What is wrong with an outside stream, in words. */
export function problemText(
  t: ReturnType<typeof useOutsideText>,
  problem: { code: Parameters<typeof t>[0]; status?: number; offsetMs?: number },
): string {
  const seconds = Math.abs(Math.round((problem.offsetMs ?? 0) / 1_000));
  return t(problem.code, { status: problem.status ?? '', seconds });
}

/** Names of qualities, as `720p · 480p`; empty where there are none to tell apart. */
export function variantNames(variants: readonly { height: number | null }[]): string {
  const heights = [...new Set(variants.flatMap(({ height }) => height ?? []))];
  return heights.map((height) => `${height}p`).join(' · ');
}
