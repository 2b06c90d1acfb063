// What TCP and Unix listeners share: accept, one session per connection, bounds on connections, orderly closing.

import type { Server, Socket } from 'node:net';
import { givenBack } from '../protocol/given-back.js';
import type { Hub } from '../runtime/hub.js';
import type { PeerUsers } from './peer-user.js';
import { Session } from './session.js';
import type { Admission, Connection, TransportKind } from './transport.js';

/** Connections at once; further ones are closed at the door. */
const MAX_CONNECTIONS = 2_000;
/** Unsent bytes to a peer that count as congestion: acks then wait until it reads. */
const CONGESTED_BYTES = 64 * 1024;
/** ms that a peer has to read why it is sent away. */
const LAST_WORD_MS = 2_000;
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
    close() {
      socket.end(() => socket.destroy());
      // What it is told last it may never read.
      setTimeout(() => socket.destroy(), LAST_WORD_MS).unref();
    },
  };
}

/** Connects a socket and a session until the socket ends. */
export function attachSession(socket: Socket, session: Session): void {
  socket.on('data', (chunk) => {
    session.receive(chunk);
    givenBack(chunk);
  });
  socket.on('drain', () => session.drained());
  // A reset is just another way to be gone; `close` follows.
  socket.on('error', () => undefined);
  socket.on('close', () => session.closed());
}

/** Sessions of one listening server. */
export class Listener {
  /** Without a session: it is being found out whose process the peer is. */
  private readonly sessions = new Map<Socket, Session | undefined>();
  private readonly hub: Hub;
  private readonly kind: 'tcp' | 'unix';
  private readonly admission: Admission;
  private readonly server: Server;
  private readonly timer: NodeJS.Timeout;

  /** `users`: those of our own user are let in for that. */
  constructor(server: Server, hub: Hub, kind: 'tcp' | 'unix', admission: Admission, users?: PeerUsers) {
    this.server = server;
    this.hub = hub;
    this.kind = kind;
    this.admission = admission;
    server.maxConnections = MAX_CONNECTIONS;
    server.on(kind === 'tcp' && 'setSecureContext' in server ? 'secureConnection' : 'connection', (socket: Socket) => {
      socket.setNoDelay(true);
      socket.setKeepAlive(true, 15_000);
      this.sessions.set(socket, undefined);
      socket.on('close', () => this.sessions.delete(socket));
      if (users === undefined) this.begin(socket, false);
      else {
        socket.on('error', () => undefined);
        void users.isOurs(socket).then((ours) => this.begin(socket, ours));
      }
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

  private begin(socket: Socket, ours: boolean): void {
    if (!this.sessions.has(socket)) return;
    const { hub, admission } = this;
    const session = new Session({
      hub,
      connection: socketConnection(socket, this.kind),
      admission: { ...admission, ours },
      mode: 'socket',
    });
    this.sessions.set(socket, session);
    attachSession(socket, session);
  }

  private checkDeadlines(): void {
    const now = performance.now();
    for (const session of this.sessions.values()) session?.checkDeadlines(now);
  }
}
