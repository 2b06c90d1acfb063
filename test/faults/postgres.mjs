// A private PostgreSQL of a round: its own folder, its own socket, a user that is not root.

import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { addressOf, makeData, makeFolder, serverCommand } from '../support/postgres-program.mjs';

const START_MS = 60_000;

function childrenOf(parent) {
  const pids = readdirSync('/proc').map(Number);
  return pids.filter((pid) => {
    if (!(pid > 1)) return false;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === parent;
    } catch {
      return false;
    }
  });
}

export class Postgres {
  #crew;
  #place = makeFolder();
  #folder = this.#place.folder;
  #member;

  constructor(crew) {
    this.#crew = crew;
  }

  get url() {
    return addressOf(this.#folder);
  }

  make() {
    makeData(this.#place);
  }

  /** Starts the server; resolves once it answers. */
  async start() {
    const { command, args } = serverCommand(this.#place);
    this.#member = this.#crew.spawn('postgres', command, args, { cwd: this.#folder, ...this.#place.user });
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

  /** The same to each of its processes. */
  signalAll(name) {
    if (!this.alive) return;
    for (const pid of childrenOf(this.#member.pid)) {
      try {
        process.kill(pid, name);
      } catch {
        // It is gone.
      }
    }
    this.#member.signal(name);
  }

  async end() {
    if (!this.alive) return;
    this.signalAll('SIGCONT');
    this.#member.signal('SIGQUIT');
    if (!(await this.#member.within(10_000))) this.#member.signal('SIGKILL');
    await this.#member.ended;
  }

  async remove() {
    await this.end();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
