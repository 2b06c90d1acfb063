// A private PostgreSQL for tests: found where Debian and PATH have it, started in a folder of its own on a Unix socket, and removed.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { addressOf, makeData, makeFolder, type ServerFolder, serverCommand } from './postgres-program.mjs';

export { POSTGRES } from './postgres-program.mjs';

/** The server never answers longer than that while it starts (ms). */
const START_LIMIT = 60_000;

export interface PostgresOptions {
  /** Settings of the server beside those of a test: `fsync=on`, say. */
  readonly settings?: readonly string[];
}

/** One server. Databases are made as they are needed. */
export class PostgresServer {
  readonly folder: string;
  readonly #settings: readonly string[];
  readonly #place: ServerFolder;
  #child: ChildProcess | undefined;
  #databases = 0;
  readonly #quit = (): void => void this.#child?.kill('SIGQUIT');

  private constructor(options: PostgresOptions) {
    this.#place = makeFolder();
    this.folder = this.#place.folder;
    this.#settings = options.settings ?? [];
    process.once('exit', this.#quit);
  }

  static async start(options: PostgresOptions = {}): Promise<PostgresServer> {
    const server = new PostgresServer(options);
    makeData(server.#place);
    await server.go();
    return server;
  }

  /** Starts the server, at first and after it has been stopped; resolves once it answers. */
  async go(): Promise<void> {
    const { command, args } = serverCommand(this.#place, this.#settings);
    const child = spawn(command, args, { cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'], ...this.#place.user });
    this.#child = child;
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors = (errors + chunk).slice(-10_000);
    });
    for (let waited = 0; waited < START_LIMIT; waited += 50) {
      if (child.exitCode !== null) throw new Error(`postgres ended: ${errors}`);
      if (await this.query('SELECT 1').then(Boolean, () => false)) return;
      await delay(50);
    }
    throw new Error(`postgres does not answer: ${errors}`);
  }

  /** `fast`: sessions are cut off, then an orderly end. `immediate`: as a crash, with recovery at the next start. */
  async stop(how: 'fast' | 'immediate' = 'fast'): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await exit;
  }

  /** The Unix socket. */
  get socket(): string {
    return join(this.folder, '.s.PGSQL.5432');
  }

  /** The address of a database. `folder`: where the socket is, of the server's own unless something stands in between. */
  url(database = 'postgres', folder = this.folder): string {
    return addressOf(folder, database);
  }

  /** A new database, empty or with all that `like` has, to which nobody is connected; its name. */
  async createDatabase(like = 'template1'): Promise<string> {
    this.#databases += 1;
    const name = `test_${this.#databases}`;
    await this.query(`CREATE DATABASE ${name} TEMPLATE ${like}`);
    return name;
  }

  async query<Row extends object>(sql: string, database = 'postgres'): Promise<Row[]> {
    const client = new Client({ connectionString: this.url(database) });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  /** Stops the server and removes everything of it. */
  async remove(): Promise<void> {
    await this.stop('immediate');
    process.off('exit', this.#quit);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
