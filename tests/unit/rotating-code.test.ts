import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CODE_STEP_MS, judgeCode, rotatingCode } from '#server/rotating-code.ts';

const secret = Buffer.alloc(32, 1);
const at = Date.parse('2022-02-08T01:00:03Z');

describe('rotatingCode', () => {
  it('changes every 10 s, and says how long it is shown', () => {
    const code = rotatingCode(secret, at);
    expect(code).toMatchObject({ from: at - 3_000, to: at + 7_000 });
    expect(code.digits).toMatch(/^\d{6}$/);
    expect(rotatingCode(secret, code.to - 1)).toEqual(code);
    expect(rotatingCode(secret, code.to).token).not.toBe(code.token);
  });

  it('fits into an address as it is', () => {
    expect(encodeURIComponent(rotatingCode(secret, at).token)).toBe(rotatingCode(secret, at).token);
  });
});

describe('judgeCode', () => {
  it.each(['digits', 'token'] as const)('takes %s while they are shown and for one step after', (form) => {
    const { from, to, ...code } = rotatingCode(secret, at);
    expect(judgeCode(secret, code[form], from)).toBe('current');
    expect(judgeCode(secret, code[form], to)).toBe('current');
    expect(judgeCode(secret, code[form], to + CODE_STEP_MS - 1)).toBe('current');
    expect(judgeCode(secret, code[form], to + CODE_STEP_MS)).toBe('expired');
    expect(judgeCode(secret, code[form], to + 60_000)).toBe('expired');
  });

  it('reads digits as people type them', () => {
    const { digits } = rotatingCode(secret, at);
    expect(judgeCode(secret, ` ${digits.slice(0, 3)} ${digits.slice(3)}`, at)).toBe('current');
  });

  it('takes ten digits alone where six were guessed, and says nothing of whether those were right', () => {
    const { digits, longDigits } = rotatingCode(secret, at);
    expect(longDigits).toMatch(/^\d{10}$/);
    expect(longDigits.endsWith(digits)).toBe(false);
    expect(judgeCode(secret, longDigits, at, true)).toBe('current');
    expect(judgeCode(secret, digits, at, true)).toBe('expired');
    expect(judgeCode(secret, '000000', at, true)).toBe('expired');
    expect(judgeCode(secret, '0000000000', at, true)).toBe('wrong');
    // Who reads ten may still type them when there are six again.
    expect(judgeCode(secret, longDigits, at)).toBe('current');
  });

  it('knows an old address however old it is, and takes none of a time to come', () => {
    expect(judgeCode(secret, rotatingCode(secret, at - 3_600_000).token, at)).toBe('expired');
    expect(judgeCode(secret, rotatingCode(secret, at + CODE_STEP_MS).token, at)).toBe('wrong');
  });

  it('takes nothing of another place, and nothing that is changed or invented', () => {
    const { token, digits } = rotatingCode(Buffer.alloc(32, 2), at);
    expect(judgeCode(secret, token, at)).toBe('wrong');
    expect(judgeCode(secret, digits, at)).not.toBe('current');
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (text) => {
        fc.pre(!/^\s*(\d\s*)+$/.test(text));
        expect(judgeCode(secret, text, at)).toBe('wrong');
      }),
    );
  });
});
