// Decides, from the options and the environment alone, where a run's events go.

import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Complaints } from './warnings.js';

/** A way to reach a collector. */
export type Endpoint =
  | { readonly kind: 'fd'; readonly fd: number }
  | { readonly kind: 'stdout' }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls: boolean }
  | { readonly kind: 'unix'; readonly path: string };

/** How the caller can name the way; `auto` (default) follows the environment. */
export type Transport =
  | 'auto'
  | 'stdio'
  | 'null'
  | { readonly kind: 'tcp'; readonly host?: string; readonly port?: number; readonly tls?: boolean }
  | { readonly kind: 'unix'; readonly path?: string }
  | { readonly kind: 'file'; readonly path: string };

export interface Delivery {
  /** In order of preference; empty where events only go to a file, or nowhere. */
  readonly endpoints: readonly Endpoint[];
  /** `spool`: a queue of our own, deleted once everything is acknowledged; `file`: the user's, kept; `none`: tracking is off. */
  readonly record: 'spool' | 'file' | 'none';
  /** The user's file, or the folder of spools. */
  readonly path: string;
  /** Nobody said that a collector is there: when none answers, there is nothing to wait for. */
  readonly optional: boolean;
}

type Variables = Readonly<Record<string, string | undefined>>;

const TCP_PORT = 9999;

/** `XTRACK_DATA`, else `~/.xtrack`: spools and the local server's socket lie there. */
export function dataDirectory(env: Variables): string {
  return env.XTRACK_DATA || join(homedir(), '.xtrack');
}

/** The plan for one run. `fd` is the inherited collector socket, already checked, where there is one. */
export function planDelivery(asked: Transport | undefined, env: Variables, fd: number | null, complaints: Complaints): Delivery {
  const choice = asked === undefined || asked === 'auto' ? fromEnvironment(env, complaints) : asked;
  if (choice === 'null') return { endpoints: [], record: 'none', path: '', optional: true };
  if (typeof choice === 'object' && choice.kind === 'file') return { endpoints: [], record: 'file', path: choice.path, optional: true };
  const data = dataDirectory(env);
  const local: Endpoint = { kind: 'unix', path: env.XTRACK_SOCKET || join(data, 'xtrack.sock') };
  // Only stdout was asked for, and it is not taken where a descriptor was promised: then it belongs to the script.
  const unasked = choice === 'auto' || (choice === 'stdio' && env.XTRACK_FD !== undefined);
  return {
    endpoints: typeof choice === 'object' ? [chosenEndpoint(choice, env, local)] : inheritedEndpoints(fd, unasked, local),
    record: 'spool',
    path: join(data, 'spool'),
    optional: unasked && fd === null,
  };
}

/** The descriptor first, then the local server; with neither promised, stdout. */
function inheritedEndpoints(fd: number | null, orLocal: boolean, local: Endpoint): readonly Endpoint[] {
  if (fd !== null) return [{ kind: 'fd', fd }, local];
  return [orLocal ? local : { kind: 'stdout' }];
}

function chosenEndpoint(choice: Extract<Transport, { readonly kind: 'tcp' | 'unix' }>, env: Variables, local: Endpoint): Endpoint {
  if (choice.kind === 'unix') return choice.path === undefined ? local : { kind: 'unix', path: choice.path };
  return {
    kind: 'tcp',
    host: choice.host ?? (env.XTRACK_HOST || '127.0.0.1'),
    port: choice.port ?? portFrom(env.XTRACK_PORT),
    tls: choice.tls ?? isYes(env.XTRACK_TLS),
  };
}

/** XTRACK_TRANSPORT; without it, the one variable that names a place says enough. */
function fromEnvironment(env: Variables, complaints: Complaints): Transport {
  const named = env.XTRACK_TRANSPORT || undefined;
  const file = env.XTRACK_FILE;
  switch (named ?? guess(env)) {
    case 'auto':
      return 'auto';
    case 'stdio':
      return 'stdio';
    case 'null':
      return 'null';
    case 'tcp':
      return { kind: 'tcp' };
    case 'unix':
      return { kind: 'unix' };
    case 'file':
      if (file) return { kind: 'file', path: file };
      complaints.raise('XT_ARGUMENT', 'XTRACK_TRANSPORT is file, but XTRACK_FILE names none', 'XTRACK_FILE');
      return 'auto';
    default:
      complaints.raise('XT_ARGUMENT', `${JSON.stringify(named)} is not a transport`, 'XTRACK_TRANSPORT');
      return 'auto';
  }
}

function guess(env: Variables): string {
  if (env.XTRACK_FD || env.XTRACK_SOCKET) return 'auto';
  if (env.XTRACK_HOST) return 'tcp';
  return env.XTRACK_FILE ? 'file' : 'auto';
}

function portFrom(text: string | undefined): number {
  const port = Number(text || TCP_PORT);
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : TCP_PORT;
}

function isYes(text: string | undefined): boolean {
  return text !== undefined && !['', '0', 'false', 'no', 'off'].includes(text.toLowerCase());
}
