import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  creditCheckSymbol,
  isCreditCode,
  isMobile,
  maskName,
  maskPhone,
  normaliseCode,
  normalisePhone,
} from '#contract/codes.ts';

const ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const first17 = fc
  .array(fc.constantFrom(...ALPHABET), { minLength: 17, maxLength: 17 })
  .map((symbols) => symbols.join(''));

describe('credit codes (GB 32100)', () => {
  test('the known examples', () => {
    expect(isCreditCode('91350100M000100Y43')).toBe(true);
    expect(isCreditCode('91350100M000100Y4Z')).toBe(false);
    expect(isCreditCode('91350100M000100Y42')).toBe(false);
  });

  test('every code with its check symbol is valid', () => {
    fc.assert(fc.property(first17, (code) => isCreditCode(code + creditCheckSymbol(code))));
  });

  test('any change of a single symbol is found', () => {
    fc.assert(
      fc.property(first17, fc.nat(17), fc.constantFrom(...ALPHABET), (code, at, symbol) => {
        const valid = code + creditCheckSymbol(code);
        fc.pre(valid[at] !== symbol);
        return !isCreditCode(valid.slice(0, at) + symbol + valid.slice(at + 1));
      }),
    );
  });

  test('letters that GB 32100 leaves out, lower case and other lengths are refused', () => {
    for (const letter of 'IOSVZ') expect(isCreditCode(`9135010${letter}M000100Y43`)).toBe(false);
    expect(isCreditCode('91350100m000100y43')).toBe(false);
    expect(isCreditCode('91350100M000100Y4')).toBe(false);
    expect(isCreditCode('91350100M000100Y433')).toBe(false);
  });

  test('as people paste it: full width, lower case, with spaces', () => {
    expect(normaliseCode(' 91350100 m000100y43 ')).toBe('91350100M000100Y43');
    expect(normaliseCode('９１３５０１００Ｍ０００１００Ｙ４３')).toBe('91350100M000100Y43');
  });
});

describe('mobile numbers', () => {
  test('11 digits from 13 to 19', () => {
    expect(isMobile('13800138000')).toBe(true);
    for (const wrong of ['12800138000', '1380013800', '138001380000', '03800138000']) {
      expect(isMobile(wrong)).toBe(false);
    }
  });

  test('as people paste them', () => {
    for (const text of [
      '138 0013 8000',
      '138-0013-8000',
      '+86 13800138000',
      '008613800138000',
      '１３８００１３８０００',
    ]) {
      expect(normalisePhone(text)).toBe('13800138000');
    }
  });

  test('shown masked', () => {
    expect(maskPhone('13812341234')).toBe('138****1234');
  });
});

test('masked names keep enough to recognise oneself', () => {
  expect(['张', '张三', '欧阳小明', '𠮷野家'].map(maskName)).toEqual(['张', '张*', '欧**明', '𠮷*家']);
});
