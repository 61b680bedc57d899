/*
 * Every error that the server tells a browser: its HTTP status and its words. No import, so that the learner's light
 * pages can have it too. `{name}` stands for a parameter.
 */
export const errors = {
  'bad-json': { status: 400, zh: '请求内容不是有效的 JSON', en: 'The request body is not valid JSON' },
  'bad-request': { status: 400, zh: '请求有误：{fields}', en: 'The request is wrong: {fields}' },
  'body-too-large': { status: 413, zh: '内容过大，上限 {limit}', en: 'The body is larger than {limit}' },
  'unsupported-media-type': { status: 415, zh: '不支持这种内容类型', en: 'This content type is not supported' },
  'not-found': { status: 404, zh: '没有找到', en: 'Not found' },
  'not-signed-in': { status: 401, zh: '登录已失效，请重新登录', en: 'You are not signed in' },
  /** Instead of `not-signed-in`, to whoever holds the newest token of a login that was ended for one of the `reason`s below. */
  'login-ended': { status: 401, zh: '登录已结束：{reason}', en: 'You were signed out: {reason}' },
  forbidden: { status: 403, zh: '您的账号没有这项权限', en: 'Your account may not do this' },
  'cross-site': { status: 403, zh: '请求来自其他网站，已拒绝', en: 'A request from another site was refused' },
  'wrong-credentials': { status: 401, zh: '账号或密码不对', en: 'Wrong account or password' },
  'too-many-attempts': {
    status: 429,
    zh: '尝试次数过多，{seconds} 秒后再试',
    en: 'Too many attempts; try again in {seconds} s',
  },
  'account-disabled': { status: 403, zh: '账号已停用，请联系管理员', en: 'This account is disabled' },
  'wrong-setup-code': {
    status: 403,
    zh: '初始化代码不对，请查看启动日志',
    en: 'Wrong set-up code; see the start-up log',
  },
  'already-set-up': { status: 409, zh: '系统已初始化', en: 'Already set up' },
  'unknown-join-code': { status: 404, zh: '没有这个单位代码，请核对', en: 'No unit has this code' },
  'unknown-link': { status: 404, zh: '链接无效或已失效，请向单位索取新链接', en: 'This link is not valid any more' },
  'person-refused': { status: 403, zh: '您的单位没有确认您的身份', en: 'Your unit has not confirmed you' },
  'name-phone-mismatch': {
    status: 409,
    zh: '这个手机号已在本单位登记为其他姓名，请核对',
    en: 'This phone number is on the roster under another name',
  },
  'last-bureau-account': {
    status: 409,
    zh: '至少要保留一个可用的管理员账号',
    en: 'One active bureau account must remain',
  },
  'duplicate-account': { status: 409, zh: '账号名或手机号已被使用', en: 'Account name or phone number is taken' },
  'person-has-account': { status: 409, zh: '此人已关联其他账号', en: 'Another account belongs to this person' },
  'duplicate-unit': { status: 409, zh: '单位名称或信用代码已存在', en: 'A unit with this name or credit code exists' },
  'duplicate-closed-unit': {
    status: 409,
    zh: '名称或信用代码属于已注销的单位“{name}”；如是同一单位，请恢复该单位',
    en: 'The closed unit “{name}” has this name or credit code; reopen it if it is the same',
  },
  'unit-closed': {
    status: 409,
    zh: '单位已注销，恢复后才能进行这项操作',
    en: 'The unit is closed; this is possible again once it is reopened',
  },
  'unit-open': { status: 409, zh: '单位未注销，无需恢复', en: 'The unit is not closed' },
  'duplicate-person': {
    status: 409,
    zh: '这个手机号已在本单位花名册中',
    en: 'This phone number is already on the roster',
  },
  'erased-has-account': {
    status: 409,
    zh: '这个人有登录账号，请先在“账号”中解除关联',
    en: 'This person has an account; take it off them first',
  },
  'duplicate-area': { status: 409, zh: '同名的街道或功能区已存在', en: 'An area with this name exists' },
  'bad-credit-code': {
    status: 400,
    zh: '统一社会信用代码校验位不对，请核对最后一位',
    en: 'The check digit of the credit code is wrong',
  },
  'bad-workbook': { status: 400, zh: '这不是可读取的 .xlsx 文件', en: 'This is not a readable .xlsx file' },
  'import-errors': { status: 422, zh: '有 {count} 处错误，一行都没有导入', en: '{count} errors; nothing was imported' },
  'impossible-transition': {
    status: 409,
    zh: '场次当前状态为“{from}”，不能改为“{to}”',
    en: 'A session that is {from} cannot become {to}',
  },
  'impossible-time': { status: 400, zh: '开始时间不合理：{reason}', en: 'Impossible start time: {reason}' },
  'session-locked': {
    status: 409,
    zh: '场次已开始，不能再修改这一项',
    en: 'The session has started; this can no longer change',
  },
  'statutory-unfounded': {
    status: 400,
    zh: '计入法定学时须写明依据和批准人',
    en: 'Statutory class hours need their basis and who approved them',
  },
  'course-archived': { status: 409, zh: '课程已归档', en: 'The course is archived' },
  'not-invited': { status: 403, zh: '您不在本课程的参训范围内', en: 'You are not invited to this course' },
  'session-not-open': { status: 409, zh: '本场次没有开放', en: 'This session is not open' },
  'bad-ticket': { status: 401, zh: '入场凭证无效或已过期', en: 'The ticket is not valid' },
  'not-joined': { status: 409, zh: '尚未进入课堂', en: 'You have not joined the room' },
  'too-late': { status: 409, zh: '已超过时限', en: 'Too late' },
  'proof-withdrawn': { status: 409, zh: '这份证明已经撤销', en: 'This proof has been withdrawn already' },
  'proof-not-due': {
    status: 409,
    zh: '此人目前不符合签发条件：有效时长未达标，或身份未核实',
    en: 'Nothing can be issued: too little is credited, or the unit has not confirmed this person',
  },
  'no-proofs': { status: 404, zh: '没有有效的证明可以下载', en: 'There is no valid proof to download' },
  'too-many-proofs': {
    status: 409,
    zh: '共 {count} 份证明，一次最多下载 {limit} 份，请按单位筛选后下载',
    en: 'There are {count} proofs; at most {limit} go into one file: narrow them by unit',
  },
  'record-closed': {
    status: 409,
    zh: '本期已归档，考勤记录不能再更正',
    en: 'This session is archived; its record can no longer be corrected',
  },
  'correction-too-early': {
    status: 409,
    zh: '本期结束 {minutes} 分钟后才能更正：此前各设备还在补传记录',
    en: 'Corrections are possible from {minutes} minutes after the end; until then devices still send what they played',
  },
  'correction-out-of-range': {
    status: 409,
    zh: '更正后的有效时长会少于 0 或超过本期时长（{minutes} 分钟）；如之前有更正，请先撤回',
    en: 'This would credit less than nothing or more than the class has ({minutes} minutes); withdraw an earlier correction first',
  },
  'correction-without-effect': {
    status: 409,
    zh: '这项更正不改变有效时长',
    en: 'This correction changes nothing',
  },
  'correction-withdrawn': { status: 409, zh: '这项更正已撤回', en: 'This correction was withdrawn already' },
  'evidence-type': {
    status: 415,
    zh: '依据文件只能是 PDF、JPG 或 PNG',
    en: 'Evidence is a PDF, JPEG or PNG file',
  },
  'too-many-files': { status: 409, zh: '最多上传 {limit} 个文件', en: 'There are {limit} files already' },
  'evidence-too-large': { status: 413, zh: '依据文件过大，上限 {limit}', en: 'The evidence is larger than {limit}' },
  'rate-limited': { status: 429, zh: '操作过快，请稍后再试', en: 'Too fast; try again in a moment' },
  /** Not refused: put in line. `PLACE_HEADER` holds the place; ask again with it in `retryMs`. */
  'in-line': {
    status: 503,
    zh: '正在排队，前面约 {ahead} 人，约 {seconds} 秒',
    en: 'You are in line: about {ahead} people before you, about {seconds} s',
  },
  busy: { status: 503, zh: '服务繁忙，请稍后再试', en: 'The service is busy; try again in a moment' },
  'question-already-open': { status: 409, zh: '已有一道题正在作答', en: 'A question is already open' },
  'question-closed': { status: 409, zh: '本题已结束作答', en: 'This question is closed' },
  'already-answered': { status: 409, zh: '您已作答，不能更改', en: 'You have answered already' },
  'presence-check-open': { status: 409, zh: '上一次在线确认还没有结束', en: 'The last presence check is not over yet' },
  'presence-closed': {
    status: 409,
    zh: '这次在线确认已经结束',
    en: 'The time to confirm this presence check is over',
  },
  'not-a-convenor': {
    status: 403,
    zh: '集中观看由单位管理员、负责人或安全管理人员开设，请联系他们',
    en: 'A shared screen is opened by the unit’s administrator, principal or safety manager; ask them',
  },
  'screen-closed': { status: 409, zh: '这个集中观看点已关闭', en: 'This shared screen is closed' },
  'scan-wrong': {
    status: 404,
    zh: '签到码不对，请核对屏幕上的地址和数字',
    en: 'No screen shows this code; check its address and digits',
  },
  'scan-expired': {
    status: 410,
    zh: '签到码已过期。请到屏幕前扫当前的二维码，转发的截图无效',
    en: 'This code is too old. Scan the one on the screen now; a forwarded picture is of no use',
  },
  'scan-ticket': { status: 401, zh: '已超过 3 分钟，请重新扫码', en: 'More than 3 minutes have passed; scan again' },
  'scan-used': {
    status: 409,
    zh: '这次扫码已为一人签到，为他人签到请再扫一次',
    en: 'This scan has signed in one person; scan again for the next',
  },
  'not-of-this-unit': { status: 403, zh: '此人不在本单位花名册中', en: 'This person is not on the unit’s roster' },
  'not-signed-in-here': {
    status: 409,
    zh: '此人没有在这个集中观看点签到',
    en: 'This person is not signed in at this screen',
  },
  'no-venue': { status: 409, zh: '本期没有设置线下会场', en: 'This session has no venue' },
  'enrolment-closed': { status: 409, zh: '报名已截止', en: 'Enrolment is closed' },
  'capacity-below-enrolled': {
    status: 409,
    zh: '已有 {enrolled} 人报上名，容量不能低于这个数',
    en: '{enrolled} people have seats; the capacity can’t be less',
  },
  'door-code-wrong': {
    status: 404,
    zh: '签到码不对，请核对会场屏幕上的数字',
    en: 'This code is wrong; look at the screen at the door',
  },
  'door-code-expired': {
    status: 410,
    zh: '签到码已过期，请到会场门口扫当前的二维码',
    en: 'This code is too old; scan the one at the door now',
  },
  'door-ticket': { status: 401, zh: '已超过 3 分钟，请重新扫码', en: 'More than 3 minutes have passed; scan again' },
  'door-ticket-used': {
    status: 409,
    zh: '这次扫码已为一人签到，为他人签到请再扫一次',
    en: 'This scan has served one person; scan again for the next',
  },
  'not-enrolled': {
    status: 403,
    zh: '没有报上本期线下课，请到签到台说明',
    en: 'Not enrolled in this class; ask at the desk',
  },
  'door-closed': {
    status: 409,
    zh: '现在不能签到：开课前 2 小时开放，下课 30 分钟后关闭',
    en: 'The door is open from 2 hours before the class until 30 minutes after it',
  },
  'not-at-venue': { status: 409, zh: '还没有签到', en: 'Not signed in at this venue' },
  'venue-time': {
    status: 400,
    zh: '时间不合理：不能晚于现在，也不能早于上一次签到或签出',
    en: 'This time can’t be: not later than now, nor before the last sign at the door',
  },
  'no-attempts-left': { status: 409, zh: '作答次数已用完', en: 'No attempts left' },
  'attempt-submitted': { status: 409, zh: '这份答卷已提交', en: 'This attempt was submitted' },
  'already-passed': { status: 409, zh: '您已及格，无需再次作答', en: 'You have passed this paper already' },
  'paper-in-use': {
    status: 409,
    zh: '已有人开始作答，不能再修改题目',
    en: 'Somebody has begun this paper; its questions can no longer change',
  },
  'paper-not-open': { status: 409, zh: '试卷尚未开放', en: 'The paper is not open' },
  'not-publishing': { status: 409, zh: '还没有收到推流', en: 'No stream is being published' },
  'video-too-large': { status: 413, zh: '文件过大，上限 {limit}', en: 'The file is larger than {limit}' },
  'video-disk-full': {
    status: 507,
    zh: '服务器磁盘空间不足，放不下这个视频，请联系管理员清理后再传',
    en: 'The server’s disk has no room for this video; ask the operator to make some',
  },
  'video-uploaded': { status: 409, zh: '这个视频已上传完成', en: 'This video was uploaded already' },
  'video-not-ready': { status: 409, zh: '这个视频还不能播放', en: 'This video is not ready to play' },
  'video-in-use': {
    status: 409,
    zh: '这个视频已安排播放或正在播放，请先取消安排或停止播放',
    en: 'This video is planned or on the air; cancel or stop that first',
  },
  'video-not-retryable': {
    status: 409,
    zh: '没有可以重新检查的文件，请重新上传',
    en: 'There is no file to check again; upload it anew',
  },
  'playout-running': {
    status: 409,
    zh: '视频正在播放，请先停止',
    en: 'A video is on the air; stop it first',
  },
  'playout-changed': {
    status: 409,
    zh: '播放安排已有变化，请按页面上的最新状态操作',
    en: 'What is to be played has changed meanwhile; see the page as it is now',
  },
  'playout-would-start': {
    status: 409,
    zh: '本期已安排按计划时间自动开课并播放视频，改到已过的时间会立即开课；请先取消播放安排',
    en: 'A video is planned to start this class at its time, so a time that has passed would start it at once; cancel that plan first',
  },
  'playout-past-end': { status: 400, zh: '起点超出了视频长度', en: 'The video is shorter than that' },
  'media-unavailable': { status: 503, zh: '视频服务暂时不可用', en: 'The media service is not available' },
  'no-recording': { status: 409, zh: '本期没有可用的录像', en: 'This session has no recording to work with' },
  'too-many-marks': { status: 409, zh: '章节已满 60 个', en: 'There are 60 chapters already' },
  'captions-too-large': { status: 413, zh: '字幕文件过大，上限 {limit}', en: 'The captions are larger than {limit}' },
  'captions-encoding': {
    status: 422,
    zh: '读不出文字，请把字幕存成 UTF-8 或 GB18030 编码',
    en: 'This is no text in UTF-8 or GB18030',
  },
  'captions-time': {
    status: 422,
    zh: '第 {line} 行：时间写法不对，应为 00:01:02.500 --> 00:01:05.000',
    en: 'Line {line}: the times should read 00:01:02.500 --> 00:01:05.000',
  },
  'captions-no-time': {
    status: 422,
    zh: '第 {line} 行：这一段没有时间，空行后面应是序号或时间',
    en: 'Line {line}: no times here; after an empty line a number or times come next',
  },
  'captions-backwards': {
    status: 422,
    zh: '第 {line} 行：结束时间不晚于开始时间',
    en: 'Line {line}: it ends before it begins',
  },
  'captions-too-many': {
    status: 422,
    zh: '第 {line} 行：字幕超过 {limit} 条',
    en: 'Line {line}: there are more than {limit} captions',
  },
  'captions-empty': { status: 422, zh: '文件里没有字幕', en: 'There are no captions in this file' },
  'no-captions': { status: 409, zh: '录像没有这种语言的字幕', en: 'The recording has no captions in that language' },
  internal: { status: 500, zh: '系统出错，已记录（编号 {requestId}）', en: 'Something went wrong (ref {requestId})' },
} as const satisfies Record<string, { status: number; zh: string; en: string }>;

export type ErrorCode = keyof typeof errors;
export type ErrorParams = Record<string, string | number>;
export type Language = 'zh' | 'en';

/** Why somebody may not sign in any more. */
export type Exclusion = 'not-confirmed' | 'left-unit' | 'unit-closed' | 'account-disabled';

/** Parameter values that are words themselves. */
const words: Record<string, Record<Language, string>> = {
  draft: { zh: '草稿', en: 'draft' },
  scheduled: { zh: '已排期', en: 'scheduled' },
  live: { zh: '直播中', en: 'live' },
  ended: { zh: '已结束', en: 'ended' },
  archived: { zh: '已归档', en: 'archived' },
  'not-confirmed': { zh: '您的单位没有确认您的身份', en: 'your unit has not confirmed you' },
  'left-unit': { zh: '您已不在单位花名册中', en: 'you are no longer on your unit’s roster' },
  'unit-closed': { zh: '您的单位已注销', en: 'your unit was closed' },
  'account-disabled': { zh: '您的账号已停用', en: 'your account was disabled' },
  'start-in-the-past': { zh: '已经过去一天以上', en: 'more than a day ago' },
  'start-too-far-ahead': { zh: '在一年以后', en: 'more than a year ahead' },
};

/** The words of an error in a language. A parameter that is missing stays as `{name}`. */
export function errorText(code: ErrorCode, language: Language, params: ErrorParams = {}): string {
  return errors[code][language].replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = String(params[name] ?? whole);
    return words[value]?.[language] ?? value;
  });
}

/** RFC 9457 problem document, as every failed REST call returns it. */
export interface Problem {
  type: 'about:blank';
  title: string;
  status: number;
  code: ErrorCode;
  detail: string;
  requestId: string;
  params?: ErrorParams;
  /** For `bad-request`: which fields, and why. */
  fields?: { path: string; message: string }[];
}

/** Answer to every socket request. */
export type Ack<T> = { ok: true; data: T } | { ok: false; error: { code: ErrorCode; params?: ErrorParams } };
