import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import type { SchemaEngine } from '@prisma/schema-engine-wasm';
import * as glue from '@prisma/schema-engine-wasm/schema_engine_bg';
import { MigrationAdapter } from './adapter.ts';

export type { MigrationList, SchemasContainer } from '@prisma/schema-engine-wasm';

/** No table or enum is managed by somebody else. */
export const EVERYTHING = { externalTables: [], externalEnums: [] };

/**
 * Runs `work` with Prisma's schema engine, connected to `databaseUrl`. The engine is the WebAssembly build from npm:
 * the native one would be downloaded from outside the registry.
 */
export async function withSchemaEngine<T>(databaseUrl: string, work: (engine: SchemaEngine) => Promise<T>): Promise<T> {
  await loadEngine();
  const adapter = new MigrationAdapter(databaseUrl);
  try {
    const bound = bindMigrationAwareSqlAdapterFactory(adapter);
    const engine = await glue.SchemaEngine.new({ datamodels: undefined }, () => undefined, bound);
    try {
      return await work(engine);
    } finally {
      engine.free();
    }
  } finally {
    await adapter.close();
  }
}

let loaded: Promise<void> | undefined;

function loadEngine(): Promise<void> {
  loaded ??= instantiate();
  return loaded;
}

declare global {
  /** Where the engine reports a panic, before it traps. */
  var PRISMA_WASM_PANIC_REGISTRY: { set_message(message: string): void } | undefined;
}

/** What a bundler would make of the package's own entry, which imports the .wasm file as a module. */
async function instantiate(): Promise<void> {
  globalThis.PRISMA_WASM_PANIC_REGISTRY = { set_message: (message) => console.error(`schema engine: ${message}`) };
  const file = createRequire(import.meta.url)
    .resolve('@prisma/schema-engine-wasm')
    .replace('schema_engine.js', 'schema_engine_bg.wasm');
  const module = await WebAssembly.compile(await readFile(file));
  const functions = { ...glue } as unknown as Record<string, WebAssembly.ImportValue>;
  // Its 10 s limit on taking the migration lock is never cancelled and would keep the process alive for as long.
  for (const name of Object.keys(functions)) {
    if (name.startsWith('__wbg_setTimeout')) {
      functions[name] = (call: () => void, ms: number) => setTimeout(call, ms >>> 0).unref();
    }
  }
  const imports = Object.fromEntries(WebAssembly.Module.imports(module).map((needed) => [needed.module, functions]));
  const instance = await WebAssembly.instantiate(module, imports);
  const { __wbg_set_wasm: bind } = functions as { __wbg_set_wasm: (exports: WebAssembly.Exports) => void };
  bind(instance.exports);
  // Fills the table of JavaScript values; without it every call fails with a misleading type error.
  (instance.exports.__wbindgen_start as () => void)();
}
