// What TCP and Unix listeners share: accept, one session per connection, bounds on connections, orderly closing.

import type { Server, Socket } from 'node:net';
import type { Hub } from '../runtime/hub.js';
import { Session } from './session.js';
import type { Admission, Connection, TransportKind } from './transport.js';

/** Connections at once; further ones are closed at the door. */
const MAX_CONNECTIONS = 2_000;
/** Unsent bytes to a peer that count as congestion: acks then wait until it reads. */
const CONGESTED_BYTES = 64 * 1024;
const DEADLINE_CHECK_MS = 1_000;

/** A socket as a connection. Used for TCP, Unix sockets and a child's fd 3. */
export function socketConnection(socket: Socket, kind: TransportKind): Connection {
  return {
    kind,
    send(bytes) {
      if (socket.destroyed || !socket.writable) return true;
      socket.write(bytes);
      return socket.writableLength < CONGESTED_BYTES;
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    close: () => void socket.end(() => socket.destroy()),
  };
}

/** Connects a socket and a session until the socket ends. */
export function attachSession(socket: Socket, session: Session): void {
  socket.on('data', (chunk) => session.receive(chunk));
  socket.on('drain', () => session.drained());
  // A reset is just another way to be gone; `close` follows.
  socket.on('error', () => undefined);
  socket.on('close', () => session.closed());
}

/** Sessions of one listening server. */
export class Listener {
  private readonly sessions = new Map<Socket, Session>();
  private readonly server: Server;
  private readonly timer: NodeJS.Timeout;

  constructor(server: Server, hub: Hub, kind: 'tcp' | 'unix', admission: Admission) {
    this.server = server;
    server.maxConnections = MAX_CONNECTIONS;
    server.on(kind === 'tcp' && 'setSecureContext' in server ? 'secureConnection' : 'connection', (socket: Socket) => {
      socket.setNoDelay(true);
      socket.setKeepAlive(true, 15_000);
      const session = new Session({ hub, connection: socketConnection(socket, kind), admission, mode: 'socket' });
      this.sessions.set(socket, session);
      attachSession(socket, session);
      socket.on('close', () => this.sessions.delete(socket));
    });
    this.timer = setInterval(() => this.checkDeadlines(), DEADLINE_CHECK_MS);
    this.timer.unref();
  }

  /** Call once it listens: running out of descriptors must not end the process, the connection waits in the kernel's queue. */
  tolerateErrors(): void {
    this.server.on('error', () => undefined);
  }

  stopChecking(): void {
    clearInterval(this.timer);
  }

  /** Drops every connection; their emitters connect again and go on. */
  dropAll(): void {
    for (const socket of this.sessions.keys()) socket.destroy();
  }

  async close(): Promise<void> {
    this.stopChecking();
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.dropAll();
    await closed;
  }

  private checkDeadlines(): void {
    const now = performance.now();
    for (const session of this.sessions.values()) session.checkDeadlines(now);
  }
}
