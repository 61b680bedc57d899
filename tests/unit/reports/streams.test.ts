import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { Column } from '#server/reports/cells.ts';
import { streamCsv } from '#server/reports/csv.ts';
import { streamWorkbook } from '#server/reports/workbook.ts';

const COLUMNS: Column<number>[] = [{ heading: '序号', width: 10, kind: 'count', value: (row) => row }];

/** Rows without end; tells when it is left and how many it gave. */
function endless() {
  const given = { rows: 0, left: false };
  async function* rows() {
    try {
      for (;;) {
        given.rows += 1_000;
        yield Array.from({ length: 1_000 }, Math.random);
      }
    } finally {
      given.left = true;
    }
  }
  return { given, rows: rows() };
}

async function* failing(): AsyncGenerator<number[]> {
  yield [1];
  throw new Error('the database went away');
}

const makers = {
  xlsx: (rows: AsyncIterable<number[]>) =>
    streamWorkbook((workbook) => workbook.table('表', { title: '', note: '' }, COLUMNS, rows)),
  csv: (rows: AsyncIterable<number[]>) => streamCsv(COLUMNS, rows),
};

describe.each(['xlsx', 'csv'] as const)('an export as .%s', (format) => {
  test('ends when its reader goes away', async () => {
    const { given, rows } = endless();
    const file = makers[format](rows);
    await once(file, 'readable');
    file.read();
    file.destroy();
    for (let turn = 0; !given.left && turn < 10_000; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(given.left).toBe(true);
  });

  test('is not made further ahead than its reader reads', async () => {
    const { given, rows } = endless();
    const file = makers[format](rows);
    await once(file, 'readable');
    let before = -1;
    // Standing still for many turns of the loop in a row is standing still.
    for (let still = 0, turn = 0; still < 500 && turn < 100_000; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      still = given.rows === before ? still + 1 : 0;
      before = given.rows;
    }
    expect(given.rows).toBeLessThan(400_000);
    file.destroy();
  });

  test('fails at the reader when its rows fail', async () => {
    await expect(buffer(makers[format](failing()))).rejects.toThrow('the database went away');
  });
});
