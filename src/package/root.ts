// Where this package lies, and which version it is: the same from its sources, from dist/ and from the bundled parts in dist/bundle.

import { existsSync, readFileSync } from 'node:fs';

/** The folder of the nearest package.json above this file. */
function packageRoot(): URL {
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    if (existsSync(new URL('package.json', folder)) || folder.pathname === '/') return folder;
  }
}

const ROOT = packageRoot();

/** A file or folder of this package. `path`: relative to its root, a folder with a slash at its end. */
export function inPackage(path: string): URL {
  return new URL(path, ROOT);
}

let version: string | undefined;

/** The version of this package, as its own description says it. */
export function packageVersion(): string {
  version ??= (JSON.parse(readFileSync(inPackage('package.json'), 'utf8')) as { version: string }).version;
  return version;
}
