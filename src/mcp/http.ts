// MCP over HTTP on this machine: one request, one server, nothing kept between them, so that no number of agents fills the memory.

import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { XTrackError } from '../protocol/errors.js';
import type { Principal } from '../server/http/access/principal.js';
import { PROBLEM_TYPE, toProblem } from '../server/http/answers/errors.js';
import { AgentView, type AgentViewOptions } from './agent-view.js';
import type { Sdk } from './sdk.js';
import { makeServer } from './server.js';

const PATH = '/mcp';
const LOOPBACK = '127.0.0.1';
/** Bytes. */
const BODY_LIMIT = 1024 * 1024;
/** ms for a whole request to arrive. */
const SLOWEST = 15_000;
const MOST_CONNECTIONS = 100;

export interface McpHttpOptions extends Pick<AgentViewOptions, 'xtrack' | 'steering'> {
  /** 0 takes a free one. */
  readonly port: number;
  /** Who holds the key; undefined: nobody. */
  readonly holderOf: (key: string) => Principal | undefined;
}

export interface McpHttp {
  readonly url: string;
  /** Safe twice. */
  close(): Promise<void>;
}

/** Listens on 127.0.0.1. Errors: XT_LISTEN. */
export async function startMcpHttp(sdk: Sdk, options: McpHttpOptions): Promise<McpHttp> {
  const server = createServer({ requestTimeout: SLOWEST, headersTimeout: SLOWEST }, (request, response) => {
    handle(sdk, options, request, response).catch((error: unknown) => answerError(response, XTrackError.from(error, 'XT_INTERNAL')));
  });
  server.maxConnections = MOST_CONNECTIONS;
  await listen(server, options.port);
  return {
    url: `http://${LOOPBACK}:${(server.address() as AddressInfo).port}${PATH}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: HttpServer, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => reject(new XTrackError('XT_LISTEN', { detail: cause.message, cause })));
    server.listen(port, LOOPBACK, resolve);
  });
}

async function handle(sdk: Sdk, options: McpHttpOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  checkSite(request);
  if (request.url !== PATH) throw new XTrackError('XT_NOT_FOUND', { detail: `the address is ${PATH}` });
  const principal = callerOf(request, options);
  // Nothing is streamed outside of an answer, and there is no session to end.
  if (request.method !== 'POST') throw new XTrackError('XT_METHOD', { detail: `${PATH} takes POST` });
  const message = await readJson(request);
  const { xtrack, steering } = options;
  const view = new AgentView({ xtrack, principal, steering, caller: () => `mcp:${principal.name}` });
  const server = makeServer(sdk, () => view);
  // No session: left out would be undefined, which the SDK's types and exactOptionalPropertyTypes take for different things.
  const transport = new sdk.StreamableHTTPServerTransport({ enableJsonResponse: true });
  response.once('close', () => void server.close());
  await server.connect(transport as Parameters<typeof server.connect>[0]);
  await transport.handleRequest(request, response, message);
}

/** A page that was lured here names another host (DNS rebinding), or another origin. Throws XT_HOST, XT_ORIGIN. */
function checkSite({ headers: { host = '', origin }, socket }: IncomingMessage): void {
  const own = [LOOPBACK, 'localhost'].map((name) => `${name}:${socket.localPort}`);
  if (!own.includes(host.toLowerCase())) throw new XTrackError('XT_HOST', { detail: `this server is not '${host}'` });
  if (origin !== undefined && !own.some((name) => origin.toLowerCase() === `http://${name}`))
    throw new XTrackError('XT_ORIGIN', { detail: `'${origin}' is another site` });
}

/** Throws XT_UNAUTHENTICATED. */
function callerOf({ headers: { authorization = '' } }: IncomingMessage, { holderOf }: McpHttpOptions): Principal {
  const key = /^bearer +(\S+) *$/i.exec(authorization)?.[1];
  const principal = key === undefined ? undefined : holderOf(key);
  if (principal === undefined) throw new XTrackError('XT_UNAUTHENTICATED');
  return principal;
}

/** Throws XT_MEDIA_TYPE, XT_BODY_TOO_LARGE, XT_BODY. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/json *(;|$)/i.test(type))
    throw new XTrackError('XT_MEDIA_TYPE', { detail: `it must be application/json, not '${type}'` });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw new XTrackError('XT_BODY_TOO_LARGE', { detail: `more than ${BODY_LIMIT} bytes` });
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (cause) {
    throw new XTrackError('XT_BODY', { detail: 'it is not JSON', cause });
  }
}

function answerError(response: ServerResponse, error: XTrackError): void {
  if (error.code === 'XT_INTERNAL') process.emitWarning(String((error.cause as Error | undefined)?.stack ?? error), 'XTrackWarning');
  if (response.headersSent) return void response.destroy();
  const problem = toProblem(error);
  const challenge = problem.status === 401 ? { 'www-authenticate': 'Bearer realm="xtrack"' } : {};
  const allow = problem.status === 405 ? { allow: 'POST' } : {};
  response.writeHead(problem.status, {
    'content-type': PROBLEM_TYPE,
    'cache-control': 'no-store',
    connection: 'close',
    ...challenge,
    ...allow,
  });
  response.end(JSON.stringify(problem));
}
