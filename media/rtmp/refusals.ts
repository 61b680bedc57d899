/** What a publisher is told, who then is disconnected. */
export interface Refusal {
  /** For the log. */
  reason: string;
  /** Of the NetStream status. */
  code: string;
  /** For the person at the encoder. */
  words: string;
  codec?: string;
}

const WORDS = {
  'unknown-key': '串流密钥无效 · Wrong stream key',
  'bad-ticket': '推流凭证无效 · Wrong ticket',
  'session-ended': '本期课程已结束 · The session has ended',
  'session-archived': '本期课程已归档 · The session is archived',
  'outside-stream': '本期课程使用外部直播地址，不接收推流 · This session takes its picture from an outside address',
  'too-many-publishers': '本期课程的推流已达上限 · Too many publish to this session already',
  unavailable: '暂时无法接收推流，请稍后再试 · The server can’t take a publisher now; try again',
};

export const PLAY_REFUSED: Refusal = {
  reason: 'play',
  code: 'NetStream.Play.Failed',
  words: '此端口只接收推流 · Publishing only',
};

/** `BadName` is what encoders know for a key that may not publish. */
export function refusalOf(reason: keyof typeof WORDS): Refusal {
  return { reason, code: 'NetStream.Publish.BadName', words: WORDS[reason] };
}

export function unsupported(track: 'video' | 'audio', codec: string): Refusal {
  const words =
    track === 'video'
      ? `视频必须是 H.264，收到的是 ${codec} · Video must be H.264, not ${codec}`
      : `音频必须是 AAC，收到的是 ${codec} · Audio must be AAC, not ${codec}`;
  return { reason: `unsupported-${track}`, code: 'NetStream.Publish.Failed', words, codec };
}
