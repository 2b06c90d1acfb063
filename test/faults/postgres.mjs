// A private PostgreSQL of a round: its own folder, its own socket, a user that is not root.

import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const DEBIAN = '/usr/lib/postgresql';
const START_MS = 60_000;

/** Folder of the server's programs; undefined where there is no PostgreSQL. */
export const POSTGRES = existsSync(DEBIAN)
  ? readdirSync(DEBIAN)
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => join(DEBIAN, version, 'bin'))
      .find((folder) => existsSync(join(folder, 'initdb')))
  : undefined;

function serverUser() {
  if (process.getuid?.() !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    const id = (flag) => Number(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout);
    if (id('-u') > 0) return { uid: id('-u'), gid: id('-g') };
  }
  return {};
}

export class Postgres {
  #crew;
  #user = serverUser();
  #folder;
  #member;

  constructor(crew) {
    this.#crew = crew;
    // A socket's path is short, and the folder must be open to the server's user.
    this.#folder = mkdtempSync(join(tmpdir(), 'xtrack-pg-'));
    chmodSync(this.#folder, 0o700);
    if (this.#user.uid !== undefined) chownSync(this.#folder, this.#user.uid, this.#user.gid);
  }

  get url() {
    return `postgres://xtrack@localhost/postgres?host=${encodeURIComponent(this.#folder)}`;
  }

  make() {
    const args = [
      '-D',
      join(this.#folder, 'data'),
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
    const made = spawnSync(join(POSTGRES, 'initdb'), args, { cwd: this.#folder, encoding: 'utf8', ...this.#user });
    if (made.status !== 0) throw new Error(`initdb: ${made.stdout}${made.stderr}`);
  }

  /** Starts the server; resolves once it answers. */
  async start() {
    const settings = ['listen_addresses=', `unix_socket_directories=${this.#folder}`, 'fsync=off', 'max_connections=40'];
    const args = ['-D', join(this.#folder, 'data'), ...settings.flatMap((setting) => ['-c', setting])];
    this.#member = this.#crew.spawn('postgres', join(POSTGRES, 'postgres'), args, { cwd: this.#folder, ...this.#user });
    for (let waited = 0; waited < START_MS; waited += 100) {
      if (!this.#member.alive) throw new Error('PostgreSQL does not start: see postgres.err');
      if (this.#ready()) return;
      await delay(100);
    }
    throw new Error('PostgreSQL does not answer');
  }

  #ready() {
    try {
      return /^ready\s*$/m.test(readFileSync(join(this.#folder, 'data/postmaster.pid'), 'utf8'));
    } catch {
      return false;
    }
  }

  get alive() {
    return this.#member?.alive === true;
  }

  /** `SIGQUIT` is a crash, with recovery at the next start; `SIGINT` an orderly end; `SIGSTOP` and `SIGCONT` hold the postmaster alone. */
  signal(name) {
    return this.#member?.signal(name);
  }

  async end() {
    if (!this.alive) return;
    this.#member.signal('SIGCONT');
    this.#member.signal('SIGQUIT');
    if (!(await this.#member.within(10_000))) this.#member.signal('SIGKILL');
    await this.#member.ended;
  }

  async remove() {
    await this.end();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
