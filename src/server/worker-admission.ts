// Who may write through a TCP listener: what asks for a token, which tokens and keys are good, and who needs none.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { XTrackError } from '../protocol/errors.js';
import { isLoopback, PeerUsers } from '../transports/listen/peer-user.js';
import type { TcpAdmission, TcpServerOptions } from '../transports/listen/tcp.js';
import { LOCAL_TOKEN } from '../transports/session/door.js';
import type { KeyRing } from './http/access/keys.js';
import { secretOf } from './http/access/keys.js';

/** In the data directory, 0600: what workers of this machine send, who may read it. Emitters find it by themselves. */
const INGEST_TOKEN_FILE = 'ingest-token';

const makeToken = (): string => `${LOCAL_TOKEN}${randomBytes(32).toString('base64url')}`;

/** The token of a data directory's own workers; made where it is missing. null: one that ends with the process. Throws XT_FILE. */
function ingestToken(directory: string | null): string {
  if (directory === null) return makeToken();
  const path = join(directory, INGEST_TOKEN_FILE);
  const token = secretOf(path, makeToken).trim();
  if (token.length < 43) throw new XTrackError('XT_FILE', { detail: `${path} holds no token; remove it, and a new one is made` });
  return token;
}

/**
 * With a token of its own a listener wants that or a key that may write. On loopback without one it wants the data directory's token or a
 * key, and of processes of its own user, who could read that token, none. `noToken` lets everybody on this machine in.
 * Errors: XT_FILE, XT_INSECURE_BIND.
 */
export function admissionOf(options: TcpServerOptions, directory: string | null, keyRing: () => KeyRing): TcpAdmission {
  const { host = '127.0.0.1', token, noToken = false } = options;
  if (noToken && (token !== undefined || !isLoopback(host)))
    throw new XTrackError('XT_INSECURE_BIND', { detail: 'only a listener on loopback without a token may ask for none', field: 'noToken' });
  if (noToken) return {};
  const keys = keyRing();
  const authorise = keys.writer.bind(keys);
  if (token !== undefined) return { token, authorise };
  if (isLoopback(host)) return { token: ingestToken(directory), authorise, users: new PeerUsers() };
  return keys.list().length > 0 ? { authorise } : {};
}
