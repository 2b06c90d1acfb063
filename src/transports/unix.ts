// Unix socket listener: only this user can reach it (0600 in a 0700 directory), so it needs no token.

import { chmod, mkdir, unlink } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { dirname } from 'node:path';
import { XTrackError } from '../protocol/index.js';
import type { Hub } from '../runtime/hub.js';
import { Listener } from './listener.js';

export interface UnixServerOptions {
  readonly path: string;
  /** Accept peers that never say hello (they get no acks). Default false. */
  readonly allowV1?: boolean;
}

export interface UnixServer {
  readonly path: string;
  dropAll(): void;
  close(): Promise<void>;
}

/** True when somebody accepts connections on the socket file. */
export async function socketAnswers(path: string): Promise<boolean> {
  return await new Promise<boolean>((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Opens a Unix socket listener; a socket file that nobody answers on is replaced. Errors: XT_LISTEN. */
export async function startUnixServer(hub: Hub, options: UnixServerOptions): Promise<UnixServer> {
  const { path } = options;
  if (await socketAnswers(path)) throw new XTrackError('XT_LISTEN', { detail: `another process listens on ${path}`, field: 'path' });
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await unlink(path).catch(() => undefined);
  const listener = new Listener(createServer(), hub, 'unix', { allowV1: options.allowV1 ?? false });
  await listener.listen({ path });
  await chmod(path, 0o600);
  return { path, dropAll: () => listener.dropAll(), close: () => listener.close() };
}
