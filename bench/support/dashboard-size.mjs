// How much JavaScript there is to load: gzipped as a server sends it, in KiB.

import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const BUILT = fileURLToPath(new URL('../../dist/web/', import.meta.url));
const ASSETS = 'assets';

/** Of these scripts, named by their addresses; each counts once. */
export function gzippedKiB(addresses) {
  const names = new Set(addresses.map((address) => basename(new URL(address, 'http://localhost').pathname)));
  return [...names].reduce((sum, name) => sum + gzipSync(readFileSync(join(BUILT, ASSETS, name))).length, 0) / 1024;
}

/** The entry with everything that it imports statically. */
export function entryScripts() {
  const html = readFileSync(join(BUILT, 'index.html'), 'utf8');
  return [...html.matchAll(/(?:src|href)="([^"]+\.js)"/g)].map(([, address]) => address);
}
