// The HTTP server: opens the port and says where the page is; its application, the limits of a connection, and everything that it answers.

import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import { XTrackError } from '../../protocol/errors.js';
import { isLoopback } from '../../transports/listen/peer-user.js';
import { announceAddress } from '../embed/links.js';
import { KeyRing } from './access/keys.js';
import { basePathOf, TrustedProxies, withoutBase } from './access/proxies.js';
import { toProblem } from './answers/errors.js';
import { setSecurityHeaders } from './answers/headers.js';
import { type ControlPlane, HTTP_PORT } from './control-plane.js';
import { Crowd } from './crowd.js';
import { type MountOptions, mount } from './mount.js';
import { answerError } from './plugin.js';

export interface AppOptions extends MountOptions {
  /** PEM. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /**
   * Proxies whose word is taken on who asks, by which name and below which path (`X-Forwarded-For`, `-Host`, `-Proto`, `-Prefix`):
   * addresses, networks (`10.0.0.0/8`) or `loopback`. Default: none.
   */
  readonly trustedProxies?: readonly string[];
  /** Path below which a proxy has the server: `/tracker`. It may take that path away, or leave it. Default: the root. */
  readonly basePath?: string;
  /** ms that a whole request may take to arrive. Default 60,000. */
  readonly requestTimeoutMs?: number;
}

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

/** Bytes of all headers of a request. */
const MAX_HEADER = 16 * 1024;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;
const KEEP_ALIVE_MS = 60_000;
const MAX_CONNECTIONS = 2_000;
/** Above that the kernel's queue is not even looked at. */
const MARGIN = 64;
/** Characters of one part of an address. */
const MAX_PARAM = 512;

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

/** Makes the application; `listen` is up to the caller. Errors: XT_FILE, XT_ARGUMENT. */
export async function createApp(xtrack: ControlPlane, options: AppOptions = {}): Promise<FastifyInstance> {
  const overTls = options.tls !== undefined;
  const proxies = new TrustedProxies(options.trustedProxies ?? []);
  const base = basePathOf(options.basePath);
  const app = Fastify({
    serverFactory: (listener) =>
      makeServer((request, response) => {
        proxies.clean(request);
        listener(request, response);
      }, options),
    forceCloseConnections: true,
    // Who sent a request is known by its socket, never by what a header claims: but for proxies that are trusted.
    trustProxy: (address) => proxies.trusts(address),
    rewriteUrl: ({ url = '/' }) => withoutBase(url, base),
    routerOptions: { maxParamLength: MAX_PARAM },
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, request, reply) => {
      setSecurityHeaders(reply, overTls);
      answerError(error, request, reply);
    },
  });
  await mount(app, xtrack, options, '', base);
  return app;
}

function makeServer(listener: RequestListener, { tls, requestTimeoutMs = REQUEST_TIMEOUT_MS }: AppOptions): Server {
  const limits = {
    maxHeaderSize: MAX_HEADER,
    headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs),
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: Math.min(1_000, requestTimeoutMs),
  };
  const server =
    tls === undefined ? createServer(limits, listener) : createTlsServer({ ...limits, ...tls, minVersion: 'TLSv1.2' }, listener);
  server.maxConnections = MAX_CONNECTIONS + MARGIN;
  // Those of which no request is being answered, however they came to be there.
  const busy = new WeakSet<Socket>();
  const crowd = new Crowd(MAX_CONNECTIONS, (socket) => !busy.has(socket));
  server.on('connection', (socket: Socket) => crowd.join(socket));
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    busy.add(socket);
    response.once('close', () => busy.delete(socket));
  });
  return server;
}

/** What is no request, or never became one, has no reply to answer with. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable && socket.bytesWritten === 0) socket.write(brokenAnswer(error.code ?? ''));
  socket.destroySoon();
}

function brokenAnswer(fault: string): string {
  const slow = fault === 'ERR_HTTP_REQUEST_TIMEOUT';
  const detail = fault === 'HPE_HEADER_OVERFLOW' ? `the headers are over ${MAX_HEADER} bytes` : 'this is no HTTP request';
  const problem = toProblem(slow ? new XTrackError('XT_TIMEOUT') : new XTrackError('XT_BODY', { detail }));
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    'content-type: application/problem+json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
