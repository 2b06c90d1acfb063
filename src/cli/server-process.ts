// A control plane with its listeners and its control channel, as `serve` and `demo` run it.

import { join } from 'node:path';
import { type HttpServer, type HttpServerOptions, type TcpServerOptions, XTrack, XTrackError } from '../index.js';
import { type ControlServer, startControlServer } from '../server/control/server.js';
import { HTTP_PORT } from '../server/http/control-plane.js';
import { isAnswered } from '../transports/listen/socket-file.js';
import { TCP_PORT } from '../transports/listen/tcp.js';
import { serveSocket } from './context.js';

export interface ServerOptions {
  /** Without a port: 9999, or where that is taken any free one. */
  readonly tcp?: TcpServerOptions;
  /** Without a port: 7007, or where that is taken any free one. */
  readonly http?: HttpServerOptions;
  /** A Unix socket for workers beside `xtrack.sock` in the data directory, which is always there. */
  readonly socket?: string;
  readonly allowV1: boolean;
  /** As `XTrack.start` takes it. */
  readonly ballastBytes?: number;
}

export interface Server {
  readonly xtrack: XTrack;
  readonly directory: string;
  readonly tcp: { readonly host: string; readonly port: number } | undefined;
  readonly http: HttpServer | undefined;
  readonly unix: string;
  /** What is not where it is usually, a line each. */
  readonly moved: readonly string[];
  /** Flushes and closes everything; spawned runs go on. */
  close(): Promise<void>;
}

/** Throws XT_LISTEN when a server of this data directory is there already, or a port that was named is taken. */
export async function openServer(directory: string, options: ServerOptions): Promise<Server> {
  const path = serveSocket(directory);
  // Asked before the store is opened, so that a second server takes no run from the first.
  if (await isAnswered(path)) throw new XTrackError('XT_LISTEN', { detail: `another xtrack serves ${directory}` });
  // Whoever starts it starts the database, too, in whatever order.
  const waitForDatabase = Number.POSITIVE_INFINITY;
  const { ballastBytes } = options;
  const xtrack = await XTrack.start({ directory, waitForDatabase, ...(ballastBytes !== undefined && { ballastBytes }) });
  let control: ControlServer | undefined;
  try {
    control = await startControlServer(xtrack, path);
    const ownSocket = xtrack.socketPath ?? join(directory, 'xtrack.sock');
    const extra =
      options.socket === undefined ? undefined : await xtrack.startUnixServer({ path: options.socket, allowV1: options.allowV1 });
    const { allowV1 } = options;
    const tcp = options.tcp && (await onFreePort({ ...options.tcp, allowV1 }, (chosen) => xtrack.startTcpServer(chosen)));
    const http = options.http && (await onFreePort(options.http, (chosen) => xtrack.startHttpServer(chosen)));
    const moved = [
      ...(tcp?.usual === false ? [`port ${TCP_PORT} is taken, so workers connect to port ${tcp.server.port} instead`] : []),
      ...(http?.usual === false ? [`port ${HTTP_PORT} is taken, so the page is on port ${http.server.port} instead`] : []),
    ];
    const close = async (): Promise<void> => {
      await control?.close();
      await xtrack.close();
    };
    const place = tcp && { host: tcp.server.host, port: tcp.server.port };
    return { xtrack, directory, tcp: place, http: http?.server, unix: extra?.path ?? ownSocket, moved, close };
  } catch (error) {
    await control?.close();
    await xtrack.close();
    throw error;
  }
}

/** `usual`: false where nobody named a port, the usual one was taken, and it is on another. */
async function onFreePort<Options extends { readonly port?: number }, Opened>(
  options: Options,
  start: (options: Options) => Promise<Opened>,
): Promise<{ readonly server: Opened; readonly usual: boolean }> {
  try {
    return { server: await start(options), usual: true };
  } catch (error) {
    if (options.port !== undefined || !isTaken(error)) throw error;
    return { server: await start({ ...options, port: 0 }), usual: false };
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof XTrackError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'EADDRINUSE';
}
