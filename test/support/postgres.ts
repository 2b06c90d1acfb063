// A private PostgreSQL for tests: found where Debian and PATH have it, started in a folder of its own on a Unix socket, and removed.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, chmodSync, chownSync, constants, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';

const DEBIAN = '/usr/lib/postgresql';
/** The server never answers longer than that while it starts (ms). */
const START_LIMIT = 60_000;

/** Folder of the server's programs; undefined where there is no PostgreSQL. */
export const POSTGRES = findPostgres();

function findPostgres(): string | undefined {
  const installed = readdirOrNone(DEBIAN).sort((a, b) => Number(b) - Number(a));
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...installed.map((version) => join(DEBIAN, version, 'bin'))];
  return folders.find((folder) => folder !== '' && isProgram(join(folder, 'initdb')) && isProgram(join(folder, 'postgres')));
}

function readdirOrNone(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

interface User {
  readonly uid: number;
  readonly gid: number;
}

/** The server refuses to run as root: then another user is taken. */
function serverUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    const id = (flag: string): number => Number(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout);
    if (id('-u') > 0) return { uid: id('-u'), gid: id('-g') };
  }
  return undefined;
}

export interface PostgresOptions {
  /** Settings of the server beside those of a test: `fsync=on`, say. */
  readonly settings?: readonly string[];
}

/** One server. Databases are made as they are needed. */
export class PostgresServer {
  readonly folder: string;
  readonly #settings: readonly string[];
  readonly #user: User | undefined;
  #child: ChildProcess | undefined;
  #databases = 0;
  readonly #quit = (): void => void this.#child?.kill('SIGQUIT');

  private constructor(options: PostgresOptions) {
    this.folder = mkdtempSync(join(tmpdir(), 'xtrack-pg-'));
    this.#settings = options.settings ?? [];
    this.#user = serverUser();
    if (this.#user !== undefined) chownSync(this.folder, this.#user.uid, this.#user.gid);
    chmodSync(this.folder, 0o700);
    process.once('exit', this.#quit);
  }

  static async start(options: PostgresOptions = {}): Promise<PostgresServer> {
    const server = new PostgresServer(options);
    const args = [
      '-D',
      join(server.folder, 'data'),
      '-U',
      'xtrack',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--locale=C',
      '--no-sync',
      '--no-instructions',
    ];
    const made = spawnSync(join(POSTGRES as string, 'initdb'), args, { cwd: server.folder, encoding: 'utf8', ...server.#user });
    if (made.status !== 0) throw new Error(`initdb: ${made.stdout}${made.stderr}`);
    await server.go();
    return server;
  }

  /** Starts the server, at first and after it has been stopped; resolves once it answers. */
  async go(): Promise<void> {
    // What these tests end is the server, never the machine: without fsync they are as strict and faster.
    const settings = ['listen_addresses=', `unix_socket_directories=${this.folder}`, 'fsync=off', 'max_connections=60', ...this.#settings];
    const args = ['-D', join(this.folder, 'data'), ...settings.flatMap((setting) => ['-c', setting])];
    const child = spawn(join(POSTGRES as string, 'postgres'), args, {
      cwd: this.folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      ...this.#user,
    });
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
    return `postgres://xtrack@localhost/${database}?host=${encodeURIComponent(folder)}`;
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
