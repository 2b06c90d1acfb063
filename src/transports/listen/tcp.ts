// TCP listener: loopback unless told otherwise, and beyond loopback only with a token, over TLS.

import { type AddressInfo, createServer, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { XTrackError } from '../../protocol/index.js';
import type { Hub } from '../../runtime/hub.js';
import type { Admission } from '../transport.js';
import { advertised } from './home.js';
import { Listener } from './listener.js';
import type { PeerUsers } from './peer-user.js';
import { isLoopback } from './peer-user.js';

/** The port that emitters use when none is named. */
export const TCP_PORT = 9999;

/** Encryption must be agreed on within this (ms). */
const HANDSHAKE_MS = 5_000;

export interface TcpServerOptions {
  /** Events per second of one run: beyond that its workers are read more slowly, and nothing is lost. Default: no bound. */
  readonly maxEventsPerSecond?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default TCP_PORT; 0 takes any free one. */
  readonly port?: number;
  /**
   * When set, every hello must carry it, or a key that may write. Beyond loopback there must be one or the other; on loopback workers of
   * other users must carry the token in the data directory (`ingest-token`) or a key.
   */
  readonly token?: string;
  /**
   * How workers reach it from elsewhere, `host` or `host:port`, where that is not as it listens: other control planes on the same
   * store send the workers of its runs there. Default: the environment's XTRACK_ADVERTISE.
   */
  readonly advertise?: string;
  /** Accept peers that never say hello (they get no acks). Default false. */
  readonly allowV1?: boolean;
  /** PEM certificate and key: the listener speaks TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Listen beyond loopback without TLS: whatever stands before the listener encrypts, or the network is trusted. */
  readonly insecure?: boolean;
  /** On loopback without `token`: every user of this machine may write. Default false. */
  readonly noToken?: boolean;
}

/** Who is let in. */
export interface TcpAdmission extends Pick<Admission, 'token' | 'authorise'> {
  /** Processes of our own user are let in without a token. */
  readonly users?: PeerUsers;
}

export interface TcpServer {
  readonly host: string;
  readonly port: number;
  /** How workers reach it, as `welcome.redirect` names it. */
  readonly addresses: readonly string[];
  dropAll(): void;
  close(): Promise<void>;
}

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

/** Opens a TCP listener; `admitted` says who is let in, by default whoever has `token`. Errors: XT_LISTEN, XT_INSECURE_BIND. */
export async function startTcpServer(
  hub: Hub,
  options: TcpServerOptions = {},
  admitted: TcpAdmission = tokenOf(options),
): Promise<TcpServer> {
  const host = options.host ?? '127.0.0.1';
  if (!isLoopback(host) && !admitted.token && admitted.authorise === undefined) {
    throw new XTrackError('XT_INSECURE_BIND', { detail: `'${host}' is not loopback`, field: 'host' });
  }
  if (!isLoopback(host) && options.tls === undefined && options.insecure !== true)
    throw new XTrackError('XT_INSECURE_BIND', { detail: `'${host}' is not loopback, and tokens would travel in the open`, field: 'host' });
  const { advertise = process.env.XTRACK_ADVERTISE } = options;
  const addressesAt = advertised({ host, advertise, encrypted: options.tls !== undefined });
  const server = options.tls === undefined ? createServer() : createTlsServer({ ...options.tls, handshakeTimeout: HANDSHAKE_MS });
  const { users, ...asked } = admitted;
  const listener = new Listener(server, hub, 'tcp', { allowV1: options.allowV1 ?? false, ...paceOf(options), ...asked }, users);
  await listen(server, host, options.port ?? TCP_PORT).catch((error) => {
    listener.stopChecking();
    throw error;
  });
  listener.tolerateErrors();
  const { port } = server.address() as AddressInfo;
  return { host, port, addresses: addressesAt(port), dropAll: () => listener.dropAll(), close: () => listener.close() };
}

function paceOf({ maxEventsPerSecond }: TcpServerOptions): Pick<Admission, 'maxEventsPerSecond'> {
  return maxEventsPerSecond === undefined ? {} : { maxEventsPerSecond };
}

function tokenOf({ token }: TcpServerOptions): TcpAdmission {
  return token === undefined ? {} : { token };
}
