// Decides, from the options and the environment alone, where a run's events go.

import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Complaints } from '../warnings.js';

/** A way to reach a collector. */
export type Endpoint =
  | { readonly kind: 'fd'; readonly fd: number }
  | { readonly kind: 'stdout' }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls: boolean }
  | { readonly kind: 'unix'; readonly path: string };

/** How the caller can name the way; `auto` (default) follows the environment, and a bare name takes its place from there. */
export type Transport =
  | 'auto'
  | 'stdio'
  | 'tcp'
  | 'unix'
  | 'file'
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
  readonly spoolFolder: string;
  /** `XTRACK_DATA`, else `~/.xtrack`: a local server's token lies there. */
  readonly data: string;
  /** Nobody said that a collector is there: when none answers, there is nothing to wait for. */
  readonly optional: boolean;
}

type Variables = Readonly<Record<string, string | undefined>>;

const TCP_PORT = 9999;

/** `XTRACK_DATA`, else `~/.xtrack`: spools and the local server's socket lie there. */
function dataDirectory(env: Variables): string {
  return env.XTRACK_DATA || join(homedir(), '.xtrack');
}

/** The plan for one run. `fd` is the inherited collector socket, already checked, where there is one. */
export function planDelivery(asked: Transport | undefined, env: Variables, fd: number | null, complaints: Complaints): Delivery {
  const data = dataDirectory(env);
  const spoolFolder = join(data, 'spool');
  const choice = choosePlace(asked === undefined || asked === 'auto' ? env.XTRACK_TRANSPORT || guess(env) : asked, env, complaints);
  if (choice === 'null') return { endpoints: [], record: 'none', path: '', spoolFolder, data, optional: true };
  if (typeof choice === 'object' && choice.kind === 'file') {
    return { endpoints: [], record: 'file', path: choice.path, spoolFolder, data, optional: true };
  }
  const local: Endpoint = { kind: 'unix', path: env.XTRACK_SOCKET || join(data, 'xtrack.sock') };
  // Only stdout was asked for, and it is not taken where a descriptor or a socket was promised: then it belongs to the script.
  const orLocal = choice === 'auto' || (choice === 'stdio' && Boolean(env.XTRACK_FD || env.XTRACK_SOCKET));
  return {
    endpoints: typeof choice === 'object' ? [chosenEndpoint(choice, env, local)] : inheritedEndpoints(fd, orLocal, local),
    record: 'spool',
    path: spoolFolder,
    spoolFolder,
    data,
    optional: orLocal && fd === null,
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

type Place = 'auto' | 'stdio' | 'null' | Exclude<Transport, string>;

/** A bare name, from the caller or the environment, with the place that belongs to it. */
function choosePlace(choice: Transport | string, env: Variables, complaints: Complaints): Place {
  if (typeof choice === 'object') return choice;
  if (choice === 'auto' || choice === 'stdio' || choice === 'null') return choice;
  if (choice === 'tcp' || choice === 'unix') return { kind: choice };
  if (choice === 'file' && env.XTRACK_FILE) return { kind: 'file', path: env.XTRACK_FILE };
  const why = choice === 'file' ? 'XTRACK_FILE names no file' : `${JSON.stringify(choice)} is not a transport`;
  complaints.raise('XT_ARGUMENT', why, 'transport');
  return 'auto';
}

/** Without XTRACK_TRANSPORT, the one variable that names a place says enough. */
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
  return Boolean(text) && !isNo(text);
}

/** True for a variable that says no; one that is not set says nothing. */
export function isNo(text: string | undefined): boolean {
  return text !== undefined && ['0', 'false', 'no', 'off'].includes(text.toLowerCase());
}
