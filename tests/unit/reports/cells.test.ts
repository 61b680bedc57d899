import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvField, harmless, minutes, shanghaiTime } from '#server/reports/cells.ts';

test('no text begins as a formula', () => {
  fc.assert(
    fc.property(fc.constantFrom('=', '+', '-', '@', '\t', '\r', '', '张'), fc.string(), (first, rest) => {
      const text = first + rest;
      const safe = harmless(text);
      return !/^[=+\-@\t\r]/.test(safe) && safe.endsWith(text);
    }),
  );
});

test('ordinary text stays as it is', () => {
  fc.assert(fc.property(fc.stringMatching(/^[\p{Script=Han}A-Za-z0-9]/u), (text) => harmless(text) === text));
});

test('a field of CSV by its kind', () => {
  expect(csvField('percent', 0.8642)).toBe('86.4%');
  expect(csvField('percent', null)).toBe('');
  expect(csvField('minutes', 2.5)).toBe('2.5');
  expect(csvField('count', 0)).toBe('0');
  expect(csvField('time', Date.UTC(2026, 1, 7, 17, 0, 0))).toBe('2026-02-08 01:00:00');
  expect(csvField('text', '=1+1')).toBe("'=1+1");
});

test('a number that is a name is not rounded', () => {
  expect(csvField('text', '911234567890123456')).toBe('\t911234567890123456');
  expect(csvField('text', '9112345678901234E5')).toBe('\t9112345678901234E5');
  expect(csvField('text', '91350100M000100Y43')).toBe('91350100M000100Y43');
  expect(csvField('text', '13900000001')).toBe('13900000001');
});

test('times are those of Shanghai, minutes have one decimal', () => {
  expect(shanghaiTime(Date.UTC(2026, 11, 31, 16, 0, 0))).toBe('2027-01-01 00:00:00');
  expect([minutes(0), minutes(3), minutes(90), minutes(2_700)]).toEqual([0, 0.1, 1.5, 45]);
});
