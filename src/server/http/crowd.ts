// Room for newcomers at a full listener: whoever holds most of it and does nothing with it makes way.

import type { Socket } from 'node:net';

/** The connections of one listener. */
export class Crowd {
  private readonly most: number;
  private readonly isIdle: (socket: Socket) => boolean;
  /** By address, each oldest first. */
  private readonly sockets = new Map<string, Set<Socket>>();
  private size = 0;

  /** `isIdle`: nothing is lost with such a connection. */
  constructor(most: number, isIdle: (socket: Socket) => boolean) {
    this.most = most;
    this.isIdle = isIdle;
  }

  /** False where there is no room for it and nobody to make way: it is destroyed. */
  join(socket: Socket): boolean {
    const address = socket.remoteAddress ?? '';
    if (this.size >= this.most) {
      const leaver = this.leaver(address);
      if (leaver === undefined) {
        socket.destroy();
        return false;
      }
      this.leave(leaver.remoteAddress ?? '', leaver);
      leaver.destroy();
    }
    const own = this.sockets.get(address) ?? new Set();
    this.sockets.set(address, own.add(socket));
    this.size += 1;
    socket.once('close', () => this.leave(address, socket));
    return true;
  }

  private leave(address: string, socket: Socket): void {
    const own = this.sockets.get(address);
    if (own?.delete(socket) !== true) return;
    this.size -= 1;
    if (own.size === 0) this.sockets.delete(address);
  }

  /** The oldest idle one of the address that has most; where one address has more than half of everything, its oldest for another one. */
  private leaver(newcomer: string): Socket | undefined {
    const crowds = [...this.sockets].sort(([, one], [, other]) => other.size - one.size);
    for (const [, own] of crowds) for (const socket of own) if (this.isIdle(socket)) return socket;
    const [largest] = crowds;
    if (largest === undefined || largest[0] === newcomer || largest[1].size * 2 <= this.most) return undefined;
    return largest[1].values().next().value;
  }
}
