// The HTTP server: opens the port, and says where the page is.

import type { AddressInfo } from 'node:net';
import { XTrackError } from '../../protocol/errors.js';
import { isLoopback } from '../../transports/loopback.js';
import { announceAddress } from '../embed/links.js';
import { KeyRing } from './access/keys.js';
import { type AppOptions, createApp } from './app.js';
import type { ControlPlane } from './control-plane.js';
import { HTTP_PORT } from './default-port.js';

export interface HttpServerOptions extends AppOptions {
  /** Default 127.0.0.1. Beyond loopback it needs `tls` or `insecure`. */
  readonly host?: string;
  /** Default 7007; 0 takes any free one. */
  readonly port?: number;
  /** Listen beyond loopback without TLS: whatever stands before the server encrypts. */
  readonly insecure?: boolean;
}

export interface HttpServer {
  readonly host: string;
  readonly port: number;
  /** Of the page: `http://127.0.0.1:7007/`. */
  readonly url: string;
  /** The same with the key that signs a browser in: for whoever started the server, and nobody else. */
  readonly signInUrl: string;
  close(): Promise<void>;
}

/** Opens the HTTP server. Errors: XT_LISTEN, XT_INSECURE_BIND, XT_FILE. */
export async function startHttpServer(xtrack: ControlPlane, options: HttpServerOptions = {}): Promise<HttpServer> {
  const { host = '127.0.0.1', port = HTTP_PORT, tls } = options;
  if (!isLoopback(host) && tls === undefined && options.insecure !== true)
    throw new XTrackError('XT_INSECURE_BIND', { detail: `'${host}' is not loopback, and keys would travel in the open`, field: 'host' });
  const keys = options.keys ?? KeyRing.open(xtrack.directory);
  const app = await createApp(xtrack, { ...options, keys });
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    throw new XTrackError('XT_LISTEN', { detail: `cannot listen on ${host}:${port}: ${(error as Error).message}`, cause: error });
  }
  const { port: taken } = app.server.address() as AddressInfo;
  const url = `${tls === undefined ? 'http' : 'https'}://${nameOf(host, options.allowedHosts)}:${taken}/`;
  const forget = xtrack.directory === null ? undefined : await announceAddress(xtrack.directory, url).catch(() => undefined);
  const close = async (): Promise<void> => {
    await forget?.().catch(() => undefined);
    await app.close();
  };
  return { host, port: taken, url, signInUrl: `${url}#token=${keys.firstToken}`, close };
}

/** What a browser on this machine, or behind the name that the server was given, calls it. */
function nameOf(host: string, names: readonly string[] = []): string {
  const everywhere = host === '0.0.0.0' || host === '::';
  const name = everywhere ? (names[0]?.replace(/:\d+$/, '') ?? '127.0.0.1') : host;
  return name.includes(':') ? `[${name}]` : name;
}
