// `xtrack serve`: the control plane as a process of its own, for runs from anywhere on this machine or beyond.

import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { XTrackError } from '../../index.js';
import { type CommonOptions, dataDirectory } from '../context.js';
import { numberFrom } from '../key-value.js';
import { outliveClosedPipe, print, toJson } from '../output.js';
import { openServer, type Server } from '../server-process.js';

interface ServeOptions extends CommonOptions {
  readonly host: string;
  readonly port: number;
  readonly tcp: boolean;
  readonly socket?: string;
  readonly allowV1?: boolean;
  readonly tokenFile?: string;
}

export function serveCommand(): Command {
  return new Command('serve')
    .description('run a control plane until SIGTERM or Ctrl-C; its runs go on without it')
    .option('--host <host>', 'TCP address; beyond loopback it needs a token', '127.0.0.1')
    .option('--port <port>', 'TCP port; 0 takes a free one', numberFrom('--port', 0), 9999)
    .option('--no-tcp', 'no TCP listener')
    .option('--socket <path>', 'another Unix socket for workers, beside xtrack.sock in the data directory')
    .option('--allow-v1', 'on TCP and --socket, accept workers that never say hello, and give them no acks')
    .option('--token-file <file>', 'file with the token that TCP workers must send')
    .action(serve);
}

async function serve(options: ServeOptions): Promise<void> {
  const server = await openServer(dataDirectory(options), {
    ...(options.tcp && { tcp: { host: options.host, port: options.port, ...tokenFrom(options.tokenFile) } }),
    ...(options.socket !== undefined && { socket: options.socket }),
    allowV1: options.allowV1 === true,
  });
  const stopped = stopSignal();
  await announce(server, options.json === true);
  outliveClosedPipe();
  await stopped;
  await server.close();
}

function tokenFrom(file: string | undefined): { token?: string } {
  if (file === undefined) return {};
  try {
    const token = readFileSync(file, 'utf8').trim();
    if (token !== '') return { token };
  } catch (error) {
    throw XTrackError.from(error, 'XT_FILE');
  }
  throw new XTrackError('XT_ARGUMENT', { detail: `${file} holds no token`, field: '--token-file' });
}

async function announce({ directory, tcp, unix }: Server, json: boolean): Promise<void> {
  if (json) return await print(toJson({ pid: process.pid, tcp: tcp ?? null, unix, directory }));
  await print(`xtrack serves ${directory}`);
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
