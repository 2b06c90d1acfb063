// The session on a spawned child's fd 3: events out of the child, acks and commands into it.

import type { Socket } from 'node:net';
import type { Hub } from '../runtime/hub.js';
import type { ChildSession } from '../runtime/process/run-manager.js';
import { attachSession, socketConnection } from './listen/listener.js';
import { Session } from './session/session.js';

/** Opens it. Damage is skipped, not fatal: what the script printed there is kept as its output. */
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
