import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const PRISMA_FOLDER = path.join(ROOT, 'prisma');
export const MIGRATIONS_FOLDER = path.join(PRISMA_FOLDER, 'migrations');
export const CLIENT_FOLDER = path.join(ROOT, 'client');
