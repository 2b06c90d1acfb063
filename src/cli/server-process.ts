// A control plane with its listeners and its control channel, as `serve` and `demo` run it.

import { join } from 'node:path';
import { XTrack, XTrackError } from '../index.js';
import { type ControlServer, startControlServer } from '../server/control.js';
import { isAnswered } from '../transports/socket-file.js';
import { serveSocket } from './context.js';

export interface ServerOptions {
  readonly tcp?: { readonly host: string; readonly port: number; readonly token?: string };
  /** A Unix socket for workers beside `xtrack.sock` in the data directory, which is always there. */
  readonly socket?: string;
  readonly allowV1: boolean;
}

export interface Server {
  readonly xtrack: XTrack;
  readonly directory: string;
  readonly tcp: { readonly host: string; readonly port: number } | undefined;
  readonly unix: string;
  /** Flushes and closes everything; spawned runs go on. */
  close(): Promise<void>;
}

/** Throws XT_LISTEN when a server of this data directory, or the port, is there already. */
export async function openServer(directory: string, options: ServerOptions): Promise<Server> {
  const path = serveSocket(directory);
  // Asked before the store is opened, so that a second server takes no run from the first.
  if (await isAnswered(path)) throw new XTrackError('XT_LISTEN', { detail: `another xtrack serves ${directory}` });
  const xtrack = await XTrack.start({ directory });
  let control: ControlServer | undefined;
  try {
    control = await startControlServer(xtrack, path);
    const ownSocket = xtrack.socketPath ?? join(directory, 'xtrack.sock');
    const extra =
      options.socket === undefined ? undefined : await xtrack.startUnixServer({ path: options.socket, allowV1: options.allowV1 });
    const tcp = options.tcp && (await xtrack.startTcpServer({ ...options.tcp, allowV1: options.allowV1 }));
    const close = async (): Promise<void> => {
      await control?.close();
      await xtrack.close();
    };
    return { xtrack, directory, tcp: tcp && { host: tcp.host, port: tcp.port }, unix: extra?.path ?? ownSocket, close };
  } catch (error) {
    await control?.close();
    await xtrack.close();
    throw error;
  }
}
