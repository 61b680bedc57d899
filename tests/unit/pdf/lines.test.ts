import { beforeAll, expect, test } from 'vitest';
import { type Faces, loadFaces } from '#server/pdf/faces.ts';
import { fittingSize, setLines } from '#server/pdf/lines.ts';

let faces: Faces;
beforeAll(async () => {
  faces = await loadFaces();
});

const textOf = (text: string, width: number, missing?: Set<string>) =>
  setLines(faces, text, { size: 10, width }, missing).map(({ runs }) => runs.map((run) => run.text).join(''));

test('no line is wider than its room, none begins with a closing mark or ends with an opening one', () => {
  const text =
    '《安全生产法》规定，生产经营单位（含个体工商户）应当“如实记录”安全生产教育和培训的时间、内容、参加人员以及考核结果。';
  for (let width = 40; width < 200; width += 7) {
    const lines = setLines(faces, text, { size: 10, width });
    expect(Math.max(...lines.map((line) => line.width))).toBeLessThanOrEqual(width);
    const texts = textOf(text, width);
    expect(texts.join('')).toBe(text);
    for (const line of texts) {
      expect(line).not.toMatch(/^[，。、）》”]/);
      expect(line).not.toMatch(/[（《“]$/);
    }
  }
});

test('numbers and words stay whole where they fit', () => {
  expect(textOf('于 2026-02-08 参加', 60).some((line) => line.includes('2026-02-08'))).toBe(true);
});

test('signs that the face lacks come from another, and what none has is named', () => {
  const missing = new Set<string>();
  const [line] = setLines(faces, '𠮷田𬎆', { size: 10 }, missing);
  expect(line?.runs.map(({ face, text }) => [face, text])).toEqual([
    ['rare', '𠮷'],
    ['regular', '田〓'],
  ]);
  expect([...missing]).toEqual(['𬎆']);
});

test('a long name is set smaller until it takes so many lines', () => {
  const name = '内蒙古自治区呼伦贝尔市鄂温克族自治旗危险化学品仓储运输集团股份有限责任公司';
  const size = fittingSize(faces, name, { size: 12, width: 200 }, 2, 6);
  expect(size).toBeLessThan(12);
  expect(setLines(faces, name, { size, width: 200 }).length).toBeLessThanOrEqual(2);
});
