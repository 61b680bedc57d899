import { PassThrough, type Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { inFileName } from '../reports/exports.ts';
import { paperOf } from './paper.ts';
import type { ProofRow } from './store.ts';

/** Many proofs as one .zip, a PDF each, by unit; each is made when the one before has been taken. */
export function streamBundle(proofs: readonly ProofRow[], addressOf: (proof: ProofRow) => string): Readable {
  const zip = new ZipFile();
  // Nothing but what is read is made: yazl itself would ask for all of them at once.
  const out = new PassThrough();
  zip.outputStream.on('error', (error: Error) => out.destroy(error));
  zip.outputStream.pipe(out);

  async function write(): Promise<void> {
    for (const proof of proofs) {
      if (out.destroyed) return;
      const paper = await paperOf(proof, addressOf(proof));
      // PDFs are compressed as they are.
      zip.addBuffer(paper, nameIn(proof), { mtime: proof.issuedAt, compress: false });
      while (out.writableNeedDrain && !out.destroyed) await drained(out);
      await new Promise((resolve) => setImmediate(resolve));
    }
    zip.end();
  }
  write().catch((error: Error) => out.destroy(error));
  return out;
}

function nameIn({ unitName, personName, number }: ProofRow): string {
  return `${inFileName(unitName)}/${inFileName(personName)}-${number}.pdf`;
}

function drained(out: PassThrough): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      out.off('drain', go);
      out.off('close', go);
      resolve();
    };
    out.on('drain', go);
    out.on('close', go);
  });
}
