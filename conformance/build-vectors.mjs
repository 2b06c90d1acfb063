// Turns the cases that people write (cases/*.mjs) into language-neutral vectors (vectors/*.json).
// It knows nothing of any implementation: expectations are written by hand beside the bytes.

import { readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** All vector files as `[name, text]`, in the order of their names. */
export async function buildVectors() {
  const names = readdirSync(here('cases')).filter((name) => name.endsWith('.mjs') && name !== 'bytes.mjs');
  const files = [];
  for (const name of names.sort()) {
    const { description, direction = 'worker', cases } = await import(new URL(`cases/${name}`, import.meta.url).href);
    const vectors = cases.map(({ mode = 'recover', max_frame, chunks, ...rest }) => ({
      id: rest.id,
      description: rest.description,
      mode,
      ...(max_frame === undefined ? {} : { max_frame }),
      chunks: chunks.map((chunk) => Buffer.from(chunk).toString('hex')),
      expect: rest.expect,
    }));
    files.push([name.replace('.mjs', '.json'), `${JSON.stringify({ description, direction, cases: vectors }, null, 1)}\n`]);
  }
  return files;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, text] of await buildVectors()) writeFileSync(here(`vectors/${name}`), text);
}
