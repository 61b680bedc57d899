import fs from 'node:fs';
import path from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Salts } from '#media/srt/salts.ts';
import { temporaryFolder } from '#tests/support/temporary-folder.ts';

const logger = pino({ level: 'silent' });
const ID = 'the-name-of-a-key-and-more-of-it';
let folder: string;

beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

function salt(number: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32BE(number);
  return bytes;
}

describe('key material', () => {
  it('is good for one caller, and once that is in for none', () => {
    const salts = new Salts(folder, logger);
    expect(salts.use(ID, salt(1), 'one')).toBe(true);
    expect(salts.use(ID, salt(1), 'another')).toBe(false);
    expect(salts.use(ID, salt(1), 'one')).toBe(true);
    salts.spend(ID, salt(1));
    expect(salts.use(ID, salt(1), 'one')).toBe(false);
    expect(salts.use('of-another-session', salt(1), 'one')).toBe(true);
    expect(salts.use(ID, salt(2), null)).toBe(true);
    expect(salts.use(ID, salt(2), null)).toBe(false);
  });

  it('is remembered over a restart, also one in the middle of a line', () => {
    new Salts(folder, logger).use(ID, salt(1), 'one');
    const file = path.join(folder, 'srt-salts');
    fs.appendFileSync(file, 'the-name-of-a-ke AAA');
    const again = new Salts(folder, logger);
    expect(again.use(ID, salt(1), 'one')).toBe(false);
    expect(again.use(ID, salt(2), 'one')).toBe(true);
    expect(new Salts(folder, logger).use(ID, salt(2), 'one')).toBe(false);
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
  });

  it('is forgotten only for newer of the same key', () => {
    const salts = new Salts(folder, logger);
    salts.use(ID, salt(0), null);
    for (let number = 1; number <= 1_000; number += 1) salts.use('of-another-session', salt(number), null);
    expect(salts.use(ID, salt(0), null)).toBe(false);
    for (let number = 1; number <= 1_000; number += 1) salts.use(ID, salt(number), null);
    expect(salts.use(ID, salt(1_000), null)).toBe(false);
    expect(salts.use(ID, salt(0), null)).toBe(true);
  });

  it('is still known when it could not be written down', () => {
    const salts = new Salts(path.join(folder, 'nowhere'), logger);
    expect(salts.use(ID, salt(1), 'one')).toBe(true);
    expect(salts.use(ID, salt(1), 'another')).toBe(false);
  });
});
