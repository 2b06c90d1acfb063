// Reads the clone: files of a folder, texts, and a digest that tells whether anything has changed.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** Every file below a folder. */
export function files(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** Of the names and contents of files, and of the version of Node. */
export function hash(paths) {
  const digest = createHash('sha256').update(process.version);
  for (const path of [...paths].sort()) digest.update(`\0${relative(path)}\0`).update(readFileSync(path));
  return digest.digest('hex');
}

/** The text of a file; undefined: it is not there. */
export function read(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

export function readJson(path) {
  const text = read(path);
  return text === undefined ? undefined : JSON.parse(text);
}

/** A path as it is named in the clone. */
export function relative(path) {
  return path.startsWith(ROOT) ? path.slice(ROOT.length + 1) : path;
}
