import ExcelJS from 'exceljs';
import { describe, expect, test } from 'vitest';
import { pack, unpack } from '#server/organisations/import/zip.ts';

async function workbook(rows: number): Promise<Buffer> {
  const book = new ExcelJS.Workbook();
  const sheet = book.addWorksheet('Sheet1');
  for (let i = 0; i < rows; i++) sheet.addRow(['0'.repeat(1_000), i]);
  return Buffer.from(await book.xlsx.writeBuffer());
}

const everything = () => true;

describe('unpacking a workbook', () => {
  test('what is packed again has the same parts', async () => {
    const parts = await unpack(await workbook(3), everything, 1e6);
    expect(parts.map((part) => part.name)).toContain('xl/workbook.xml');
    expect(await unpack(pack(parts), everything, 1e6)).toEqual(parts);
  });

  test('our archives are read by the spreadsheet library', async () => {
    const parts = await unpack(await workbook(3), everything, 1e6);
    const again = new ExcelJS.Workbook();
    await again.xlsx.load(Uint8Array.from(pack(parts)).buffer);
    expect(again.getWorksheet('Sheet1')?.rowCount).toBe(3);
  });

  test('a bomb is given up at the limit, whatever its headers claim', async () => {
    const bomb = await workbook(2_000);
    await expect(unpack(bomb, everything, 100_000)).rejects.toThrow();
    const central = Buffer.from([0x50, 0x4b, 0x01, 0x02]);
    for (let at = bomb.indexOf(central); at !== -1; at = bomb.indexOf(central, at + 4)) bomb.writeUInt32LE(10, at + 24);
    await expect(unpack(bomb, everything, 100_000)).rejects.toThrow();
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('name,phone\n张三,13800138000\n')],
    ['zeros', Buffer.alloc(100_000)],
  ])('%s is no archive', async (_, bytes) => {
    await expect(unpack(bytes, everything, 1e6)).rejects.toThrow();
  });

  test('cut short anywhere it is refused', async () => {
    const whole = await workbook(3);
    for (let share = 0.1; share < 1; share += 0.1) {
      await expect(unpack(whole.subarray(0, whole.length * share), everything, 1e6)).rejects.toThrow();
    }
  });
});
