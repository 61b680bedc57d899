import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { OFFICE } from '#scripts/outside/office.ts';
import { temporaryFolder } from './temporary-folder.ts';

export const hasOffice = existsSync(OFFICE);

/** Fields with commas, quoted with `"`, UTF-8, cells as they are shown or (CSV in) as they are written; every sheet a file of its own. */
const EACH_SHEET = 'csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1';

/** What LibreOffice sees in files that it opens: rows of cells by `file name-sheet`, a CSV's by its file name. */
export async function openedByOffice(files: Record<string, Buffer>): Promise<Map<string, string[][]>> {
  const folder = await temporaryFolder('anke-office-');
  const out = path.join(folder, 'out');
  try {
    await mkdir(out);
    for (const [name, content] of Object.entries(files)) await writeFile(path.join(folder, name), content);
    const profile = `-env:UserInstallation=${pathToFileURL(path.join(folder, 'profile'))}`;
    await promisify(execFile)(
      OFFICE,
      [
        ...[profile, '--headless', '--norestore', '--infilter=CSV:44,34,76', '--convert-to', EACH_SHEET],
        ...[
          '--outdir',
          out,
          ...Object.keys(files)
            .filter((name) => name.endsWith('.csv'))
            .map((name) => path.join(folder, name)),
        ],
      ],
      { timeout: 150_000 },
    );
    await promisify(execFile)(
      OFFICE,
      [
        ...[profile, '--headless', '--norestore', '--convert-to', EACH_SHEET, '--outdir', out],
        ...Object.keys(files)
          .filter((name) => !name.endsWith('.csv'))
          .map((name) => path.join(folder, name)),
      ],
      { timeout: 150_000 },
    );
    const sheets = new Map<string, string[][]>();
    for (const name of await readdir(out)) {
      sheets.set(name.replace(/\.csv$/, ''), rowsOf(await readFile(path.join(out, name), 'utf8')));
    }
    return sheets;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** After RFC 4180. */
function rowsOf(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain = '', end] of text
    .replace(/^\ufeff/, '')
    .matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/g)) {
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
