import { classHours } from '#contract/class-hours.ts';
import type { Faces } from '../pdf/faces.ts';
import { fittingSize } from '../pdf/lines.ts';
import { BRAND, BRAND_SOFT, createType, type Doc, drawSquares, LINE, MUTED, newDocument, RED } from '../pdf/sheet.ts';
import { qrRows } from '../qr.ts';
import type { ProofRow } from './store.ts';

const PAGE = { width: 595.28, height: 841.89 };
const SIDE = 72;
const INNER = PAGE.width - 2 * SIDE;
const SHANGHAI_MS = 8 * 3_600_000;

/** A proof on one page, as PDF. `address`: of its public page. */
export async function paperOf(proof: ProofRow, address: string): Promise<Buffer> {
  const { doc, faces } = await newDocument({ title: `参加线上培训证明 ${proof.number}` });
  const done = collected(doc);
  const type = createType({ doc, faces });

  doc.rect(0, 0, PAGE.width, 8).fill(BRAND);
  doc
    .lineWidth(0.75)
    .rect(30, 38, PAGE.width - 60, PAGE.height - 68)
    .stroke(LINE);
  type.write(`编号 ${proof.number}`, { x: SIDE, y: 62, size: 10.5, colour: MUTED, width: INNER, align: 'right' });
  const title = { x: SIDE, size: 30, weight: 'bold', width: INNER, align: 'center' } as const;
  type.write('参加线上培训证明', { ...title, y: 108 });
  doc.rect(PAGE.width / 2 - 24, 164, 48, 2.5).fill(BRAND);

  const body = { doc, type, faces, proof };
  const scale = [1, 0.94, 0.88, 0.82].find((each) => bodyHeight(body, each) <= BODY_ROOM) ?? 0.76;
  writeBody(body, scale);

  const box = { x: SIDE, y: 698, height: 68 };
  doc.roundedRect(box.x, box.y, INNER, box.height, 6).fill(BRAND_SOFT);
  const inBox = { x: box.x + 14, size: 10, leading: 1.6, width: INNER - 28 };
  const next = type.write(
    '本证明只说明上述人员参加线上培训的时间，不是考核合格证，不能代替安全生产知识和管理能力考核合格证或特种作业操作证。',
    { ...inBox, y: box.y + 10 },
  );
  type.write('是否有效，以核验页面为准。', { ...inBox, y: next });

  const code = { x: SIDE, y: 588, size: 92 };
  drawSquares(doc, qrRows(address), code.x, code.y, code.size);
  const beside = { x: code.x + code.size + 16, size: 9.5, colour: MUTED, leading: 1.6, width: 162 };
  const below = type.write('扫码核验本证明', { ...beside, y: code.y + 14 });
  type.write(address, { ...beside, y: below, size: fittingSize(faces, address, { size: 8, width: 162 }, 3, 6) });
  const right = { x: SIDE, width: INNER, align: 'right' } as const;
  const issuer = proof.issuer || '（签发单位未填写）';
  const issuerSize = fittingSize(faces, issuer, { size: 13, width: 170 }, 3, 9);
  const signed = type.write(issuer, {
    ...{ x: SIDE + INNER - 170, width: 170, align: 'right', weight: 'bold', leading: 1.5 },
    ...{ y: code.y + 26, size: issuerSize },
  });
  type.write(`签发日期 ${dayOf(proof.issuedAt)}`, { ...right, y: signed + 2, size: 10.5, colour: MUTED });

  const foot = { x: SIDE, size: 7.5, colour: MUTED, leading: 1.5, width: INNER };
  const last = type.write(`内容摘要（SHA-256） ${proof.digest.toString('hex')}`, { ...foot, y: 776 });
  if (type.missing.size > 0) type.write(`〓 代表无法显示的字：${pointsOf(type.missing)}`, { ...foot, y: last });
  if (proof.withdrawnAt) stampWithdrawn(doc, type);
  doc.end();
  return done;
}

type Type = ReturnType<typeof createType>;
interface Body {
  doc: Doc;
  type: Type;
  faces: Faces;
  proof: ProofRow;
}

/** Down to the code, pt. */
const BODY_TOP = 190;
const BODY_ROOM = 384;
const NAMES = 96;

/** The sentence and the facts; `scale` of their usual size, since names may be long. */
function writeBody({ doc, type, faces, proof }: Body, scale: number): void {
  const rule = (at: number) =>
    doc
      .lineWidth(0.5)
      .moveTo(SIDE, at)
      .lineTo(SIDE + INNER, at)
      .stroke(LINE);
  let y = type.write(sentenceOf(proof), { x: SIDE, y: BODY_TOP, ...sentence(scale) }) + 16;
  for (const [name, value] of factsOf(proof)) {
    rule(y);
    const { size } = fact(scale);
    type.write(name, { x: SIDE, y: y + 6 * scale, size, colour: MUTED, leading: 1.6 });
    y = type.write(value, { x: SIDE + NAMES, y: y + 6 * scale, ...fitted(faces, value, scale) }) + 6 * scale;
  }
  rule(y);
}

function bodyHeight({ type, faces, proof }: Body, scale: number): number {
  return factsOf(proof).reduce(
    (sum, [, value]) => sum + type.height(value, fitted(faces, value, scale)) + 12 * scale,
    type.height(sentenceOf(proof), sentence(scale)) + 16,
  );
}

const sentence = (scale: number) => ({ size: 14.5 * scale, leading: 2, width: INNER, indent: 29 * scale });
const fact = (scale: number) => ({ size: 10.5 * scale, leading: 1.6, width: INNER - NAMES });

function fitted(faces: Faces, value: string, scale: number) {
  const setting = fact(scale);
  return { ...setting, size: fittingSize(faces, value, setting, 3, 6) };
}

/** Across the page of a proof that is not valid any more. */
function stampWithdrawn(doc: Doc, type: Type): void {
  doc.save();
  doc.rotate(-24, { origin: [PAGE.width / 2, 400] }).opacity(0.75);
  doc
    .lineWidth(2.5)
    .roundedRect(PAGE.width / 2 - 105, 362, 210, 76, 8)
    .stroke(RED);
  const stamp = { x: PAGE.width / 2 - 105, width: 210, align: 'center', weight: 'bold', colour: RED } as const;
  type.write('已撤销', { ...stamp, y: 362 + 7, size: 42 });
  doc.restore();
}

function sentenceOf({ personName, unitName, creditedMs, issuer }: ProofRow): string {
  return `兹证明 ${unitName} ${personName} 参加了${issuer ? `${issuer}组织的` : ''}下列线上培训，参训时长 ${lengthOf(creditedMs)}。`;
}

function factsOf(proof: ProofRow): [name: string, value: string][] {
  return [
    ['姓名', proof.personName],
    ['单位', proof.unitName],
    ['课程', proof.courseTitle],
    ['期次与主题', `第 ${proof.sessionNumber} 期 ${proof.topic}`],
    ['开课时间', `${dayOf(proof.startedAt)} ${timeOf(proof.startedAt)}（北京时间）`],
    ['参训时长', `${lengthOf(proof.creditedMs)}（至签发时，按实际播放时间计，重复不计）`],
    ['法定学时', hoursOf(proof)],
  ];
}

function hoursOf({ creditedMs, classHourMs, statutoryBasis, statutoryApprover }: ProofRow): string {
  if (classHourMs === null) return '本课程不计入法定学时，以上仅为参训时长';
  const [basis, approver] = [statutoryBasis ?? '未填写', statutoryApprover ?? '未填写'];
  const hours = classHours(creditedMs, classHourMs / 60_000);
  return `计 ${hours.toFixed(1)} 学时（每学时 ${classHourMs / 60_000} 分钟）；依据：${basis}；批准：${approver}`;
}

/** Whole minutes, rounded down, so that no paper says more than is credited. */
function lengthOf(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} 分钟`;
  return minutes % 60 === 0 ? `${minutes / 60} 小时` : `${Math.floor(minutes / 60)} 小时 ${minutes % 60} 分钟`;
}

function dayOf(at: Date): string {
  const date = new Date(at.getTime() + SHANGHAI_MS);
  return `${date.getUTCFullYear()} 年 ${date.getUTCMonth() + 1} 月 ${date.getUTCDate()} 日`;
}

function timeOf(at: Date): string {
  return new Date(at.getTime() + SHANGHAI_MS).toISOString().slice(11, 16);
}

function pointsOf(signs: Set<string>): string {
  return [...signs].map((sign) => `U+${(sign.codePointAt(0) ?? 0).toString(16).toUpperCase()}`).join('、');
}

function collected(doc: NodeJS.ReadableStream): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    doc.on('data', (chunk: Buffer) => chunks.push(chunk));
    doc.on('end', () => resolve(Buffer.concat(chunks)));
    doc.on('error', reject);
  });
}
