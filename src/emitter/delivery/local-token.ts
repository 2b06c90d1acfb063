// The token of the server on this machine, for whoever may read its data directory.

import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { Delivery } from './delivery.js';

/** Made by the server at its first start, mode 0600. */
const TOKEN_FILE = 'ingest-token';

/** What is sent to a TCP port of this machine where no token was given; undefined for every other way, and where there is none. */
export function localToken({ endpoints, data }: Pick<Delivery, 'endpoints' | 'data'>): string | undefined {
  if (!endpoints.some((endpoint) => endpoint.kind === 'tcp' && isLocal(endpoint.host))) return undefined;
  try {
    return readFileSync(join(data, TOKEN_FILE), 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

function isLocal(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
