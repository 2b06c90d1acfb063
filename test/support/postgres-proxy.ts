// Stands between a client and a PostgreSQL, and cuts the connection at a moment of the test's choosing.

import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A simple query as a client sends it: `Q`, length, text, NUL. */
const COMMIT = Buffer.from('Q\0\0\0\x0bCOMMIT\0', 'latin1');

/**
 * What becomes of a COMMIT: it passes; it never arrives; it arrives but its answer does not; or it arrives so late (ms) that the
 * client has long tried again.
 */
export type Fate = 'pass' | 'lost' | 'unanswered' | { readonly late: number };

export class PostgresProxy {
  /** Of the socket, for PostgresServer.url. */
  readonly folder = mkdtempSync(join(tmpdir(), 'xtrack-proxy-'));
  /** Asked for each COMMIT. */
  fate: () => Fate = () => 'pass';
  /** So many were asked for so far, whether there was a server or not. */
  connections = 0;
  readonly #target: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(target: string) {
    this.#target = target;
    this.#server = createServer((client) => this.#join(client));
  }

  static async start(target: string): Promise<PostgresProxy> {
    const proxy = new PostgresProxy(target);
    proxy.#server.listen(join(proxy.folder, '.s.PGSQL.5432'));
    await once(proxy.#server, 'listening');
    return proxy;
  }

  /** Cuts every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
    rmSync(this.folder, { recursive: true });
  }

  #join(client: Socket): void {
    this.connections += 1;
    const server = connect(this.#target);
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#sockets.delete(socket));
    }
    server.on('data', (chunk) => client.write(chunk));
    server.on('close', () => client.destroy());
    client.on('data', (chunk) => this.#forward(client, server, chunk));
    client.on('end', () => server.end());
  }

  #forward(client: Socket, server: Socket, chunk: Buffer): void {
    const at = chunk.indexOf(COMMIT);
    const fate = at < 0 ? 'pass' : this.fate();
    if (fate === 'pass') {
      server.write(chunk);
      return;
    }
    client.destroy();
    if (fate === 'lost') server.end(chunk.subarray(0, at));
    else if (fate === 'unanswered') server.end(chunk);
    else void delay(fate.late).then(() => server.end(chunk));
  }
}
