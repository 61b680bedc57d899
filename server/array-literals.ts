/*
 * Arrays as parameters of a crowd's statements. The driver takes arrays too, but looks into each value for what has to be quoted, which for a
 * batch of reports took more time than all else that is done with them.
 */

/** `{a,b}` for a cast such as `$1::uuid[]`, of values that are never quoted: ids, numbers, booleans and dates as ISO text. */
export function plainArray(values: readonly (string | number | boolean | null)[]): string {
  return `{${values.map((value) => value ?? 'null').join(',')}}`;
}

/** For `$1::timestamptz[]`, of epoch ms. */
export function instantArray(moments: readonly number[]): string {
  return plainArray(moments.map((at) => new Date(at).toISOString()));
}

/** For `$1::text[]` whose elements are cast to `bigint[]`: PostgreSQL has no ragged two-dimensional arrays. */
export function arrayOfArrays(rows: readonly (readonly number[])[]): string {
  return plainArray(rows.map((row) => `"${plainArray(row)}"`));
}
