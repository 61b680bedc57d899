import { z } from 'zod';
import { Id, Instant } from './common.ts';
import { endpoints } from './endpoint.ts';

/**
 * What is made in the background. `session`: 一期一档; `unit`: 一企一档; `person`: 一人一档; `course`: everybody's attendance of a course,
 * a row for each person and session.
 */
export const ExportKind = z.enum(['session', 'unit', 'person', 'course']);
export type ExportKind = z.infer<typeof ExportKind>;
export const ExportFormat = z.enum(['xlsx', 'csv', 'pdf']);
export type ExportFormat = z.infer<typeof ExportFormat>;

/** A file that is being made, or waits a day to be taken. */
export const Export = z.object({
  id: Id,
  kind: ExportKind,
  format: ExportFormat,
  full: z.boolean(),
  state: z.enum(['queued', 'running', 'done', 'failed']),
  rowsDone: z.int(),
  /** Null until it is known. */
  rowsTotal: z.int().nullable(),
  /** Null until it is done. */
  name: z.string().nullable(),
  bytes: z.int(),
  /** Hex. */
  sha256: z.string().nullable(),
  /** Of what moment its content is; null until that is read. */
  asOf: Instant.nullable(),
  createdAt: Instant,
});
export type Export = z.infer<typeof Export>;

/** `full`: phone numbers are not masked, which goes on record. */
const full = z.boolean().default(false);
const file = z.object({ format: z.enum(['xlsx', 'pdf']), full });
const rows = z.object({ format: z.enum(['xlsx', 'csv']), full });

export const archiveEndpoints = endpoints({
  'POST /courses/:courseId/exports': {
    summary:
      'Make a file of everybody’s attendance, a row for each person and session; asked for twice it is made once',
    action: 'report:export',
    target: 'course',
    body: rows,
    response: Export,
  },
  'POST /sessions/:sessionId/exports': {
    summary: 'Make the archive of a session (一期一档), of the units that the caller may see',
    action: 'report:export',
    target: 'session',
    body: file,
    response: Export,
  },
  'POST /units/:unitId/exports': {
    summary: 'Make the archive of a unit (一企一档)',
    action: 'archive:unit',
    target: 'unit',
    body: file,
    response: Export,
  },
  'POST /people/:personId/exports': {
    summary: 'Make the archive of a person (一人一档)',
    action: 'archive:person',
    target: 'person',
    body: z.object({ format: z.enum(['xlsx', 'pdf']) }),
    response: Export,
  },
  'GET /exports': {
    summary: 'Files that I asked for, the newest first',
    action: 'export:mine',
    target: 'none',
    response: z.array(Export),
  },
  'GET /exports/:exportId/file': {
    summary: 'One of them; parts of it by Range',
    action: 'export:mine',
    target: 'none',
    download: true,
  },
});
