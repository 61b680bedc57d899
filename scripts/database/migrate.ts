import { applyMigrations } from './migrations.ts';
import { withDatabase } from './open.ts';

const applied = await withDatabase((databaseUrl) => applyMigrations(databaseUrl));
console.log(applied.length === 0 ? 'the database is up to date' : `applied: ${applied.join(', ')}`);
