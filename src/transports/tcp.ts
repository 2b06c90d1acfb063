// TCP listener: loopback unless told otherwise, and beyond loopback only with a token.

import { type AddressInfo, createServer, isIP, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { XTrackError } from '../protocol/index.js';
import type { Hub } from '../runtime/hub.js';
import { Listener } from './listener.js';

/** The port that emitters use when none is named. */
const DEFAULT_PORT = 9999;

export interface TcpServerOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default DEFAULT_PORT; 0 takes any free one. */
  readonly port?: number;
  /** When set, every hello must carry it. Required beyond loopback. */
  readonly token?: string;
  /** Accept peers that never say hello (they get no acks). Default false. */
  readonly allowV1?: boolean;
  /** PEM certificate and key: the listener speaks TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export interface TcpServer {
  readonly host: string;
  readonly port: number;
  dropAll(): void;
  close(): Promise<void>;
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

async function listen(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const refuse = (error: Error): void => {
      reject(new XTrackError('XT_LISTEN', { detail: `cannot listen on ${host}:${port}: ${error.message}`, cause: error }));
    };
    server.once('error', refuse);
    server.listen(port, host, () => {
      server.off('error', refuse);
      resolve();
    });
  });
}

/** Opens a TCP listener. Errors: XT_LISTEN, XT_INSECURE_BIND. */
export async function startTcpServer(hub: Hub, options: TcpServerOptions = {}): Promise<TcpServer> {
  const host = options.host ?? '127.0.0.1';
  if (!isLoopback(host) && (options.token === undefined || options.token === '')) {
    throw new XTrackError('XT_INSECURE_BIND', { detail: `'${host}' is not loopback`, field: 'host' });
  }
  const server = options.tls === undefined ? createServer() : createTlsServer(options.tls);
  const admission = { allowV1: options.allowV1 ?? false, ...(options.token === undefined ? {} : { token: options.token }) };
  const listener = new Listener(server, hub, 'tcp', admission);
  await listen(server, host, options.port ?? DEFAULT_PORT).catch((error) => {
    listener.stopChecking();
    throw error;
  });
  listener.tolerateErrors();
  const { port } = server.address() as AddressInfo;
  return { host, port, dropAll: () => listener.dropAll(), close: () => listener.close() };
}
