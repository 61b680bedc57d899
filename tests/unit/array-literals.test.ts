import { expect, it } from 'vitest';
import { arrayOfArrays, instantArray, plainArray } from '#server/array-literals.ts';

it('writes arrays as PostgreSQL reads them', () => {
  expect(plainArray([])).toBe('{}');
  expect(plainArray([1, true, null, '0198c0de-0000-7000-8000-000000000001'])).toBe(
    '{1,true,null,0198c0de-0000-7000-8000-000000000001}',
  );
  expect(instantArray([0])).toBe('{1970-01-01T00:00:00.000Z}');
  expect(arrayOfArrays([[1, 2], []])).toBe('{"{1,2}","{}"}');
});
