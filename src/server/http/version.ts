// The version of this package, from its own description.

import { readFileSync } from 'node:fs';

/** The same from dist/server/http and from src/server/http. */
const PACKAGE = new URL('../../../package.json', import.meta.url);

export const VERSION = (JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string }).version;
