// `xtrack serve`: the control plane as a process of its own, for runs from anywhere on this machine or beyond.

import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { Command } from 'commander';
import { type HttpServerOptions, type TcpServerOptions, XTrackError } from '../../index.js';
import { type CommonOptions, dataDirectory } from '../context.js';
import { numberFrom } from '../key-value.js';
import { outliveClosedPipe, print, remark, toJson } from '../output.js';
import { openServer, type Server } from '../server-process.js';

interface ServeOptions extends CommonOptions {
  readonly mask: boolean;
  readonly host: string;
  readonly port?: number;
  readonly tcp: boolean;
  readonly advertise?: string;
  readonly socket?: string;
  readonly allowV1?: boolean;
  readonly tokenFile?: string;
  readonly token: boolean;
  readonly ballast?: number;
  readonly http: boolean;
  readonly httpHost: string;
  readonly httpPort?: number;
  readonly allowedHost: readonly string[];
  readonly allowedOrigin: readonly string[];
  readonly trustProxy: readonly string[];
  readonly basePath?: string;
  readonly artifactRoot: readonly string[];
  readonly allowSpawn?: boolean;
  readonly insecure?: boolean;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

const gather = (one: string, all: readonly string[]): string[] => [...all, one];

export function serveCommand(): Command {
  return new Command('serve')
    .description('run a control plane until SIGTERM or Ctrl-C; its runs go on without it')
    .option('--http-host <host>', 'address of the page and the API; beyond loopback it needs --tls-cert or --insecure', '127.0.0.1')
    .option(
      '--http-port <port>',
      'port of the page and the API; 0 takes a free one (default: 7007, or a free one)',
      numberFrom('--http-port', 0),
    )
    .option('--no-http', 'no page and no API')
    .option('--allowed-host <name>', 'a host name that the page is reached by, beside this machine (repeatable)', gather, [])
    .option('--allowed-origin <origin>', 'another site whose pages may ask: https://tracker.example (repeatable)', gather, [])
    .option('--trust-proxy <address>', 'a proxy whose X-Forwarded headers hold: an address, a network or loopback (repeatable)', gather, [])
    .option('--base-path <path>', 'path below which a proxy has the server: /tracker')
    .option('--artifact-root <dir>', 'a folder that artifacts may be served from (repeatable)', gather, [])
    .option('--allow-spawn', 'let admins start processes over HTTP')
    .option('--tls-cert <file>', 'PEM certificate, for HTTP and TCP; with --tls-key')
    .option('--tls-key <file>', 'PEM key of the certificate')
    .option('--insecure', 'HTTP and TCP beyond loopback without TLS: whatever stands before the server encrypts')
    .option(
      '--host <host>',
      'TCP address; beyond loopback workers need a token or a key, and it needs --tls-cert or --insecure',
      '127.0.0.1',
    )
    .option('--port <port>', 'TCP port; 0 takes a free one (default: 9999, or a free one)', numberFrom('--port', 0))
    .option('--no-tcp', 'no TCP listener')
    .option('--advertise <host[:port]>', 'how workers reach the TCP listener from elsewhere, for other control planes on the same database')
    .option('--socket <path>', 'another Unix socket for workers, beside xtrack.sock in the data directory')
    .option('--allow-v1', 'on TCP and --socket, accept workers that never say hello, and give them no acks')
    .option('--token-file <file>', 'file with the token that TCP workers must send (default on loopback: DATA/ingest-token)')
    .option('--no-token', 'on loopback, let workers of every user of this machine in without a token')
    .option(
      '--ballast <mebibytes>',
      'size of the file that is given up when the disk is full; 0: none (default: 64, and no more than a tenth of what is free)',
      numberFrom('--ballast', 0, false),
    )
    .option('--no-mask', 'record secrets in the commands, output, params and tags of the runs that it starts as they are')
    .action(serve);
}

async function serve(options: ServeOptions): Promise<void> {
  // Garbage is collected while there is little of it: the memory of a server is a promise, and half as much then suffices.
  setFlagsFromString('--optimize-for-size');
  const tls = tlsFrom(options);
  // What is started from here inherits it, and so the emitters in there hear of it too.
  if (!options.mask) process.env.XTRACK_MASK = 'off';
  const server = await openServer(dataDirectory(options), {
    ...(options.tcp && { tcp: tcpFrom(options, tls) }),
    ...(options.http && { http: httpFrom(options, tls) }),
    ...(options.socket !== undefined && { socket: options.socket }),
    allowV1: options.allowV1 === true,
    ...(options.ballast !== undefined && { ballastBytes: Math.round(options.ballast * 1024 * 1024) }),
  });
  const stopped = stopSignal();
  await announce(server, options.json === true);
  outliveClosedPipe();
  await stopped;
  await server.close();
}

type Tls = { readonly tls?: { readonly cert: string; readonly key: string } };

function tcpFrom({ host, port, tokenFile, token: asks, insecure = false, advertise }: ServeOptions, tls: Tls): TcpServerOptions {
  const token = tokenFile === undefined ? {} : { token: textOf(tokenFile, '--token-file').trim() };
  return { host, ...(port !== undefined && { port }), insecure, noToken: !asks, ...token, ...tls, ...(advertise && { advertise }) };
}

function httpFrom(options: ServeOptions, tls: Tls): HttpServerOptions {
  return {
    host: options.httpHost,
    ...(options.httpPort !== undefined && { port: options.httpPort }),
    allowedHosts: options.allowedHost,
    allowedOrigins: options.allowedOrigin,
    trustedProxies: options.trustProxy,
    ...(options.basePath !== undefined && { basePath: options.basePath }),
    artifactRoots: options.artifactRoot,
    allowSpawn: options.allowSpawn === true,
    insecure: options.insecure === true,
    ...tls,
  };
}

function tlsFrom({ tlsCert, tlsKey }: ServeOptions): Tls {
  if (tlsCert === undefined && tlsKey === undefined) return {};
  if (tlsCert === undefined || tlsKey === undefined)
    throw new XTrackError('XT_ARGUMENT', {
      detail: 'TLS needs both a certificate and its key',
      field: tlsCert ? '--tls-key' : '--tls-cert',
    });
  return { tls: { cert: textOf(tlsCert, '--tls-cert'), key: textOf(tlsKey, '--tls-key') } };
}

function textOf(file: string, field: string): string {
  try {
    const text = readFileSync(file, 'utf8');
    if (text.trim() !== '') return text;
  } catch (error) {
    throw XTrackError.from(error, 'XT_FILE');
  }
  throw new XTrackError('XT_ARGUMENT', { detail: `${file} is empty`, field });
}

async function announce({ directory, tcp, http, unix, moved }: Server, json: boolean): Promise<void> {
  for (const line of moved) remark(line);
  if (json) {
    const page = http === undefined ? null : { host: http.host, port: http.port, url: http.url, signInUrl: http.signInUrl };
    return await print(toJson({ pid: process.pid, http: page, tcp: tcp ?? null, unix, directory }));
  }
  await print(`xtrack serves ${directory}`);
  if (http !== undefined) await print(`http  ${http.signInUrl}`);
  if (tcp !== undefined) await print(`tcp   ${tcp.host}:${tcp.port}`);
  await print(`unix  ${unix}`);
}

/** Resolves with the first SIGTERM or SIGINT; the second ends the process at once. */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let count = 0;
    const onSignal = (signal: NodeJS.Signals): void => {
      count += 1;
      if (count > 1) process.exit(signal === 'SIGINT' ? 130 : 143);
      resolve();
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
}
