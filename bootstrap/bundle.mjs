// The library and the command as a few files in dist/bundle: what is imported by the package's name, and what the threads run.
// The modules that tsc wrote beside them carry the types, and serve tests and benches that look inside.

import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { ROOT } from './tree.mjs';

/** By the name of the file in dist/bundle. */
const ENTRIES = {
  index: 'src/index.ts',
  protocol: 'src/protocol/index.ts',
  emitter: 'src/emitter/index.ts',
  testing: 'src/testing/index.ts',
  server: 'src/server/index.ts',
  postgres: 'src/storage/postgres/index.ts',
  cli: 'src/cli/main.ts',
  'sqlite-worker': 'src/storage/sqlite/worker.ts',
  'postgres-worker': 'src/storage/postgres/worker.ts',
};

/** Libraries of many small files, or that every start needs; all others are loaded from where they are installed. */
const INCLUDED = /^(typebox|commander|picocolors|uuidv7)(\/|$)/;

export async function bundle() {
  const folder = join(ROOT, 'dist', 'bundle');
  rmSync(folder, { recursive: true, force: true });
  const build = await rolldown({
    cwd: ROOT,
    input: ENTRIES,
    platform: 'node',
    resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
    external: (id) => !/^[./]/.test(id) && !INCLUDED.test(id),
    logLevel: 'warn',
  });
  await build.write({ dir: folder, format: 'esm', entryFileNames: '[name].js', chunkFileNames: 'parts/[name]-[hash].js', banner: '' });
  await build.close();
  const command = join(ROOT, 'dist', 'cli', 'main.js');
  writeFileSync(command, "#!/usr/bin/env node\nimport '../bundle/cli.js';\n");
  chmodSync(command, 0o755);
}
