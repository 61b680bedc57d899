/*
 * Checks of the codes that people type. Pure and without imports, so that pages check before they send and the server
 * checks again.
 */

const CREDIT_ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';

/**
 * 统一社会信用代码 after GB 32100-2015: 18 symbols, the last of them a check symbol. Expects upper case.
 */
export function isCreditCode(code: string): boolean {
  return /^[0-9A-HJ-NPQRTUWXY]{18}$/.test(code) && creditCheckSymbol(code.slice(0, 17)) === code[17];
}

/** Check symbol of the first 17 symbols of a credit code. */
export function creditCheckSymbol(first17: string): string {
  let weight = 1;
  let sum = 0;
  for (const symbol of first17) {
    sum += CREDIT_ALPHABET.indexOf(symbol) * weight;
    weight = (weight * 3) % 31;
  }
  return CREDIT_ALPHABET.charAt((31 - (sum % 31)) % 31);
}

/** Chinese mobile number, 11 digits from 13 to 19. */
export function isMobile(phone: string): boolean {
  return /^1[3-9]\d{9}$/.test(phone);
}

/** What people paste: spaces, dashes, +86 and full-width digits become the plain 11 digits. */
export function normalisePhone(text: string): string {
  return toHalfWidth(text)
    .replace(/[\s-]/g, '')
    .replace(/^(\+|00)?86(?=1[3-9]\d{9}$)/, '');
}

/** Upper case, half width, without spaces. */
export function normaliseCode(text: string): string {
  return toHalfWidth(text).replace(/\s/g, '').toUpperCase();
}

/** `138****1234`. */
export function maskPhone(phone: string): string {
  return `${phone.slice(0, 3)}****${phone.slice(-4)}`;
}

/** 张三 → 张*, 欧阳小明 → 欧**明: enough to recognise oneself. */
export function maskName(name: string): string {
  const symbols = Array.from(name);
  if (symbols.length <= 1) return name;
  if (symbols.length === 2) return `${symbols[0]}*`;
  return `${symbols[0]}${'*'.repeat(symbols.length - 2)}${symbols[symbols.length - 1]}`;
}

function toHalfWidth(text: string): string {
  return text
    .replace(/[！-～]/g, (symbol) => String.fromCharCode(symbol.charCodeAt(0) - 0xfee0))
    .replace(/\u3000/g, ' ');
}
