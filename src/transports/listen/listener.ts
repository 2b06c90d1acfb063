// What TCP and Unix listeners share: accept, one session per connection, bounds on connections, orderly closing.

import type { Server, Socket } from 'node:net';
import { givenBack } from '../../protocol/frames/given-back.js';
import type { Hub } from '../../runtime/hub.js';
import type { ChildSession } from '../../runtime/process/run-manager.js';
import { Session } from '../session/session.js';
import type { Admission, Connection, TransportKind } from '../transport.js';
import { isLoopback, type PeerUsers } from './peer-user.js';
import { type Stranger, Strangers } from './strangers.js';

/** Connections at once; for a further one somebody has to go who says nothing, or it is closed itself. */
const MAX_CONNECTIONS = 2_000;
/** A connection that has brought nothing for so long (ms), not even a heartbeat, may have to make room. */
const SILENT_MS = 45_000;
/** Bound of the kernel's handles: also those in a TLS handshake. */
const MAX_SOCKETS = 2 * MAX_CONNECTIONS;
/** Unsent bytes to a peer that count as congestion: acks then wait until it reads. */
const CONGESTED_BYTES = 64 * 1024;
/** ms that a peer has to read why it is sent away. */
const LAST_WORD_MS = 2_000;
const DEADLINE_CHECK_MS = 1_000;

/** A socket as a connection. Used for TCP, Unix sockets and a child's fd 3. */
function socketConnection(socket: Socket, kind: TransportKind): Connection {
  const { remoteAddress = '', localAddress } = socket;
  const local = remoteAddress === localAddress || isLoopback(remoteAddress.replace(/^::ffff:/, ''));
  return {
    kind,
    ...(kind === 'tcp' && { peer: { local, encrypted: 'encrypted' in socket } }),
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
function attachSession(socket: Socket, session: Session): void {
  socket.on('data', (chunk) => {
    session.lastReceived = performance.now();
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
  private readonly strangers = new Strangers();
  private readonly unencrypted = new Strangers();
  /** Address and port of each peer whose encryption is being agreed on. */
  private readonly shaking = new Set<string>();

  /** `users`: those of our own user are let in for that. */
  constructor(server: Server, hub: Hub, kind: 'tcp' | 'unix', admission: Admission, users?: PeerUsers) {
    this.server = server;
    this.hub = hub;
    this.kind = kind;
    this.admission = admission;
    server.maxConnections = MAX_SOCKETS;
    const encrypted = kind === 'tcp' && 'setSecureContext' in server;
    if (encrypted) server.on('connection', (socket: Socket) => this.shakesHands(socket));
    server.on(encrypted ? 'secureConnection' : 'connection', (socket: Socket) => {
      this.shaking.delete(`${socket.remoteAddress ?? ''} ${socket.remotePort}`);
      if (!this.makeRoom()) return void socket.destroy();
      socket.setNoDelay(true);
      socket.setKeepAlive(true, 15_000);
      this.sessions.set(socket, undefined);
      socket.on('close', () => this.sessions.delete(socket));
      this.meet(socket);
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

  /** Its peer is a stranger until it has entered a run. */
  private meet(socket: Socket): void {
    const { sessions, strangers } = this;
    const address = socket.remoteAddress ?? '';
    const stranger: Stranger = {
      since: performance.now(),
      get entered() {
        return sessions.get(socket)?.hasEntered ?? false;
      },
      close: () => void socket.destroy(),
    };
    strangers.add(address, stranger, stranger.since);
    socket.on('close', () => strangers.remove(address, stranger));
  }

  /** A connection whose encryption is still being agreed on: a stranger too. */
  private shakesHands(socket: Socket): void {
    const { shaking } = this;
    const address = socket.remoteAddress ?? '';
    const port = `${address} ${socket.remotePort}`;
    const stranger: Stranger = {
      since: performance.now(),
      get entered() {
        return !shaking.has(port);
      },
      close: () => void socket.destroy(),
    };
    shaking.add(port);
    this.unencrypted.add(address, stranger, stranger.since);
    socket.on('close', () => {
      shaking.delete(port);
      this.unencrypted.remove(address, stranger);
    });
  }

  /** Room for one more: a stranger goes, else somebody of whom nothing has been heard for long. False: there is none. */
  private makeRoom(): boolean {
    if (this.sessions.size < MAX_CONNECTIONS || this.strangers.closeOne()) return true;
    const before = performance.now() - SILENT_MS;
    for (const [socket, session] of this.sessions) {
      if (session === undefined || session.lastReceived > before) continue;
      socket.destroy();
      return true;
    }
    return false;
  }

  private checkDeadlines(): void {
    const now = performance.now();
    for (const session of this.sessions.values()) session?.checkDeadlines(now);
  }
}

/** The session on a spawned child's fd 3: events out of the child, acks and commands into it. Damage is skipped, not fatal: what the script printed there is kept as its output. */
export function openChildSession(hub: Hub, socket: Socket, runId: string): ChildSession {
  const session = new Session({ hub, connection: socketConnection(socket, 'stdio'), admission: { allowV1: true, runId }, mode: 'recover' });
  let lastReceived = performance.now();
  socket.on('data', () => {
    lastReceived = performance.now();
  });
  attachSession(socket, session);
  return {
    get lastReceived() {
      return lastReceived;
    },
    ready: () => session.ready(),
    end() {
      session.closed();
      socket.destroy();
    },
  };
}
