// Where a worker is sent that came to another control plane than the one that holds its run. Addresses are those that the living owner
// keeps in the store, never what a worker said; one that nobody answers at is not named.

import { connect, isIP } from 'node:net';
import { hostname } from 'node:os';
import { XTrackError } from '../../protocol/errors.js';
import type { Hub } from '../../runtime/hub.js';
import type { Door } from '../session/door.js';
import type { Connection } from '../transport.js';
import { isLoopback } from './peer-user.js';
import { isAnswered } from './socket-file.js';

/** The owner's port must take a connection within this (ms). */
const ANSWER_MS = 1_000;

interface Place {
  readonly address: string;
  readonly path?: string;
  readonly host: string;
  readonly port: number;
  readonly encrypted: boolean;
}

/** The address of the run's owner that the peer can follow to, or why it may not know; undefined: there is none that answers. */
export async function homeOf(
  hub: Hub,
  runId: string,
  door: Door,
  connection: Connection,
): Promise<{ readonly at?: string; readonly refusal?: XTrackError }> {
  const record = await hub.store.getRun(runId);
  const owner = await hub.ownership.holderOf(record);
  if (record === undefined || owner === undefined) return {};
  const refusal = door.refuses({ runId, isBlank: false, state: record });
  if (refusal !== undefined) return { refusal };
  const own = hub.ownership.own.at ?? [];
  const places = (owner.at ?? []).filter((address) => !own.includes(address)).flatMap((address) => read(address) ?? []);
  const fitting = places.filter((place) => leadsThere(place, connection, hub.ownership.isNear(owner)));
  for (const place of fitting.sort((one, other) => rank(one) - rank(other))) if (await answers(place)) return { at: place.address };
  return {};
}

/** A path is for this machine alone, and so is loopback; who came over TCP follows to no path, and who was encrypted stays so. */
function leadsThere({ path, host, encrypted }: Place, { kind, peer }: Connection, near: boolean): boolean {
  if (path !== undefined) return near && kind === 'unix';
  if (peer?.encrypted === true && !encrypted) return false;
  return !isLoopback(host) || (near && peer?.local !== false);
}

/** A socket file before loopback, and that before the network. */
function rank({ path, host }: Place): number {
  if (path !== undefined) return 0;
  return isLoopback(host) ? 1 : 2;
}

function read(address: string): Place | undefined {
  const path = /^unix:(\/.+)$/.exec(address)?.[1];
  if (path !== undefined) return { address, path, host: '', port: 0, encrypted: false };
  const [, scheme, host = '', port] = /^(tcp|tls):\/\/(.+):(\d+)$/.exec(address) ?? [];
  if (scheme === undefined) return undefined;
  return { address, host: host.replace(/^\[|\]$/g, ''), port: Number(port), encrypted: scheme === 'tls' };
}

async function answers({ path, host, port }: Place): Promise<boolean> {
  if (path !== undefined) return await isAnswered(path);
  return await new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.setTimeout(ANSWER_MS, () => settle(false));
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}

interface Advertised {
  /** What it listens on. */
  readonly host: string;
  /** What the user says. */
  readonly advertise: string | undefined;
  readonly encrypted: boolean;
}

/** How others reach a listener: as it was told, `host` or `host:port`; else as it listens. Errors: XT_ARGUMENT. */
export function advertised({ host: heard, advertise, encrypted }: Advertised): (port: number) => string[] {
  const scheme = encrypted ? 'tls' : 'tcp';
  if (!advertise || isIP(advertise) > 0) {
    const everywhere = !advertise && ['0.0.0.0', '::'].includes(heard);
    const hosts = everywhere ? ['127.0.0.1', hostname()] : [advertise || heard];
    return (port) => hosts.map((host) => `${scheme}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`);
  }
  const [, host, given] = /^(\[[0-9a-f:.%]+\]|[^:/?#@\s]+)(?::(\d{1,5}))?$/i.exec(advertise) ?? [];
  if (host === undefined || (given !== undefined && (Number(given) < 1 || Number(given) > 65_535)))
    throw new XTrackError('XT_ARGUMENT', {
      detail: `${JSON.stringify(advertise)} is no address: write host or host:port`,
      field: 'advertise',
    });
  return (port) => [`${scheme}://${host}:${given ?? port}`];
}
