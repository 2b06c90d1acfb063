// Every process of a round: started here or by something that was, marked in its environment, and gone when the round is over.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { within } from './load.mjs';

/** In the environment of every process of a round; its value is the round's own folder. */
const MARK = 'XTRACK_FAULTS_ROUND';

/** One process that was started here. */
class Member {
  constructor(name, child) {
    this.name = name;
    this.child = child;
    this.pid = child.pid;
    this.exit = null;
    this.ended = once(child, 'exit').then(([code, signal]) => {
      this.exit = { code, signal };
      return this.exit;
    });
    this.ended.catch(() => undefined);
  }

  get alive() {
    return this.exit === null;
  }

  /** Nothing, once it has ended: its number may be another's by then. */
  signal(name) {
    return this.alive && this.child.kill(name);
  }

  /** True when it ended within the time. */
  async within(ms) {
    return await within(
      this.ended.then(() => true),
      ms,
      false,
    );
  }
}

export class Crew {
  #folder;
  members = [];

  constructor(folder) {
    this.#folder = folder;
  }

  /** What marks a process as one of this round. */
  get mark() {
    return { [MARK]: this.#folder };
  }

  /** The environment of a process: nothing of ours outside, a home and a temporary folder of the round. */
  environment(more = {}) {
    const outside = Object.entries(process.env).filter(([name]) => !/^(XTRACK_|RANK$|WORLD_SIZE$|SLURM_)/.test(name));
    return {
      ...Object.fromEntries(outside),
      HOME: join(this.#folder, 'home'),
      TMPDIR: join(this.#folder, 'tmp'),
      ...this.mark,
      ...more,
    };
  }

  /** Starts a program; what it says on stderr goes to NAME.err, and on stdout to NAME.out unless it is read here. */
  spawn(name, command, args, { env = {}, piped = false, ...options } = {}) {
    const outputs = ['out', 'err'].map((end) => openSync(join(this.#folder, `${name}.${end}`), 'a'));
    const child = spawn(command, args, {
      env: this.environment(env),
      stdio: ['ignore', piped ? 'pipe' : outputs[0], outputs[1]],
      cwd: this.#folder,
      ...options,
    });
    for (const file of outputs) closeSync(file);
    const member = new Member(name, child);
    this.members.push(member);
    return member;
  }

  /** Every process that carries the mark, also those whose parents are gone: `{pid, started, command}`. */
  marked() {
    const found = [];
    for (const name of readdirSync('/proc')) {
      const pid = Number(name);
      if (!(pid > 1) || pid === process.pid) continue;
      const seen = look(pid, `${MARK}=${this.#folder}`);
      if (seen !== undefined) found.push(seen);
    }
    return found;
  }

  /** Sends a signal to a process of this round, after making sure that it still is one. False when it is gone. */
  signal(pid, started, name) {
    const now = look(pid, `${MARK}=${this.#folder}`);
    if (now === undefined || now.started !== started) return false;
    try {
      process.kill(pid, name);
      return true;
    } catch {
      return false;
    }
  }

  /** Ends them all, and waits until they are gone. */
  async end() {
    for (let turn = 0; turn < 100; turn += 1) {
      for (const member of this.members) if (member.alive) member.signal('SIGKILL');
      const left = this.marked();
      for (const { pid, started } of left) this.signal(pid, started, 'SIGKILL');
      if (left.length === 0 && this.members.every(({ alive }) => !alive)) return true;
      await delay(50);
    }
    return false;
  }

  /** State and place of waiting of every process, for a report. */
  describe() {
    return this.marked().map(({ pid, command, state }) => `${pid} ${state} ${read(`/proc/${pid}/wchan`) || '-'} ${command}`);
  }
}

/** The process `pid` if `mark` is in its environment and it is no zombie. */
function look(pid, mark) {
  const environ = read(`/proc/${pid}/environ`);
  if (environ === undefined || !environ.split('\0').includes(mark)) return undefined;
  const stat = read(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z') return undefined;
  const command = (read(`/proc/${pid}/cmdline`) ?? '').split('\0').join(' ').trim().slice(-160);
  return { pid, started: fields[19], state: fields[0], command };
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
