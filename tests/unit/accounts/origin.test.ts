import { expect, it } from 'vitest';
import { isOwnOrigin } from '#server/accounts/origin.ts';

const host = '192.168.1.20:8080';

it.each([
  ['no origin at all, as programs send', undefined, undefined, true],
  ['the host that was asked', 'http://192.168.1.20:8080', undefined, true],
  ['another port of the host', 'http://192.168.1.20:9090', undefined, false],
  ['another site', 'https://evil.example', undefined, false],
  ['the public address behind a proxy', 'https://anke.example', 'https://anke.example/', true],
  ['a name that begins like the public one', 'https://anke.example.evil', 'https://anke.example', false],
  ['a sandboxed page', 'null', undefined, false],
  ['nonsense', '%%%', undefined, false],
])('judges %s', (_, origin, publicUrl, own) => {
  expect(isOwnOrigin({ host, ...(origin !== undefined && { origin }) }, publicUrl)).toBe(own);
});
