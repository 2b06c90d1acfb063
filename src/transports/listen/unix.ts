// Unix socket listener: only this user can reach it (0600 in a 0700 directory), so it needs no token.

import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import type { Hub } from '../../runtime/hub.js';
import { Listener } from './listener.js';
import { listenOnSocketFile } from './socket-file.js';

export interface UnixServerOptions {
  /** Events per second of one run: beyond that its workers are read more slowly, and nothing is lost. Default: no bound. */
  readonly maxEventsPerSecond?: number;
  readonly path: string;
  /** Accept peers that never say hello (they get no acks). Default false. */
  readonly allowV1?: boolean;
}

export interface UnixServer {
  readonly path: string;
  /** How workers reach it, as `welcome.redirect` names it. */
  readonly addresses: readonly string[];
  dropAll(): void;
  close(): Promise<void>;
}

/** Opens a Unix socket listener; a socket file that nobody answers on is replaced. Errors: XT_LISTEN. */
export async function startUnixServer(hub: Hub, options: UnixServerOptions): Promise<UnixServer> {
  const { path } = options;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const server = createServer();
  const listener = new Listener(server, hub, 'unix', {
    allowV1: options.allowV1 ?? false,
    ...(options.maxEventsPerSecond !== undefined && { maxEventsPerSecond: options.maxEventsPerSecond }),
  });
  try {
    await listenOnSocketFile(server, path);
  } catch (error) {
    listener.stopChecking();
    throw error;
  }
  listener.tolerateErrors();
  return { path, addresses: [`unix:${path}`], dropAll: () => listener.dropAll(), close: () => listener.close() };
}
