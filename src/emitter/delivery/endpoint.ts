// Opens the byte stream to a collector, whichever way it is reached, and guards the inherited descriptor.

import { fstatSync } from 'node:fs';
import { connect, isIP, Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { isMainThread } from 'node:worker_threads';
import type { Endpoint } from './delivery.js';

/** Milliseconds between TCP keep-alive probes, so that a vanished host is noticed below the protocol too. */
const KEEP_ALIVE = 15_000;

export interface Channel {
  readonly stream: Writable;
  /** The stream as a socket; null for stdout, where nobody can answer. */
  readonly socket: Socket | null;
  /** The event on which writing may begin; null when at once. */
  readonly ready: 'connect' | 'secureConnect' | null;
}

/** Starts to connect; trouble comes as the stream's `error` event, or is thrown where the descriptor is no stream. */
export function openEndpoint(endpoint: Endpoint): Channel {
  if (endpoint.kind === 'stdout') return { stream: process.stdout, socket: null, ready: null };
  if (endpoint.kind === 'fd') return channel(new Socket({ fd: endpoint.fd, readable: true, writable: true }), null);
  if (endpoint.kind === 'unix') return channel(connect({ path: endpoint.path }), 'connect');
  const { host, port, tls } = endpoint;
  const socket = tls ? connectTls({ host, port, servername: isIP(host) === 0 ? host : '' }) : connect({ host, port });
  socket.setKeepAlive(true, KEEP_ALIVE);
  socket.setNoDelay(true);
  return channel(socket, tls ? 'secureConnect' : 'connect');
}

function channel(socket: Socket, ready: Channel['ready']): Channel {
  return { stream: socket, socket, ready };
}

/**
 * The collector's socket that this process inherited, or null. Taken once: a second emitter on the same bytes would garble them, so
 * the variables go, and neither a later run nor a child process finds them. Refused: what is no socket, Node's own IPC channel, and
 * any thread but the main one.
 */
export function takeInheritedFd(env: Record<string, string | undefined>): number | null {
  const text = env.XTRACK_FD;
  if (text === undefined || !isMainThread) return null;
  const fd = Number(text);
  if (!Number.isInteger(fd) || fd < 3 || fd === ipcFd() || !isSocket(fd)) return null;
  delete env.XTRACK_FD;
  if (env.XTRACK_TRANSPORT === 'stdio') delete env.XTRACK_TRANSPORT;
  return fd;
}

function isSocket(fd: number): boolean {
  try {
    return fstatSync(fd).isSocket();
  } catch {
    return false;
  }
}

/** `fork` gives the child its IPC channel as fd 3, which looks just like a collector. */
function ipcFd(): number | undefined {
  const channel: unknown = process.channel;
  return typeof channel === 'object' && channel !== null && 'fd' in channel && typeof channel.fd === 'number' ? channel.fd : undefined;
}
