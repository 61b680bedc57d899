/** Bytes `[from, to)` of a file. */
export interface Range {
  from: number;
  to: number;
}

/**
 * What a Range header asks of a file of `size` bytes, after RFC 9110: one range of bytes. Null: all of it, as for a form that is not understood;
 * `unsatisfiable` when it begins behind the end.
 */
export function rangeOf(header: string | undefined, size: number): Range | null | 'unsatisfiable' {
  const asked = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (!asked) return null;
  const [, first = '', last = ''] = asked;
  if (first === '' && last === '') return null;
  if (first === '') {
    const count = Math.min(size, Number(last));
    return count === 0 ? 'unsatisfiable' : { from: size - count, to: size };
  }
  const from = Number(first);
  if (from >= size) return 'unsatisfiable';
  if (last === '') return { from, to: size };
  return Number(last) < from ? null : { from, to: Math.min(size, Number(last) + 1) };
}
