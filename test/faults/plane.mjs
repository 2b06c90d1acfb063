// One control plane of a round: started, killed and started again, alone or under strace.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load, within } from './load.mjs';

const SECOND = new URL('second-plane.mjs', import.meta.url).pathname;

/** How a system call is spoilt, by the name in the report. `FROM` is when it begins. */
export const SPOILT = {
  'kill-pwrite': ['pwrite64', 'signal=KILL:when=FROM'],
  'kill-fsync': ['fdatasync,fsync', 'signal=KILL:when=FROM'],
  'kill-write': ['write,writev', 'signal=KILL:when=FROM'],
  'kill-unlink': ['unlink,unlinkat', 'signal=KILL:when=1'],
  'pwrite-full': ['pwrite64', 'error=ENOSPC:when=FROM..TO'],
  'pwrite-io': ['pwrite64', 'error=EIO:when=FROM..TO'],
  'fsync-io': ['fdatasync,fsync', 'error=EIO:when=FROM..TO'],
  'slow-fsync': ['fdatasync,fsync', 'delay_enter=150000'],
  'slow-read': ['pread64', 'delay_enter=2000:when=1+50'],
  'read-again': ['read', 'error=EINTR:when=FROM+97'],
};

/** A start may take so long (ms) on a busy machine before it counts as hung. */
const START_MS = 60_000;

export class Plane {
  /** What `serve --json` said: `{pid, http, tcp, unix}`; undefined while it is not there. */
  place;
  member;
  #crew;
  #options;

  /** `options`: name, dist, data, database, second. */
  constructor(crew, options) {
    this.#crew = crew;
    this.#options = options;
  }

  get name() {
    return this.#options.name;
  }

  get alive() {
    return this.member?.alive === true;
  }

  /** Starts it and waits until it listens; false where it ended instead. Throws where it neither listens nor ends. */
  async start(spoilt) {
    const { name, dist, data, database, second } = this.#options;
    const words = second
      ? [SECOND, dist, data, database ?? '']
      : [join(dist, 'cli/main.js'), 'serve', '--json', '--data', data, '--port', '0', '--http-port', '0'];
    const env = { XTRACK_DATA: data, ...(database !== undefined && { XTRACK_DATABASE: database }) };
    const [command, ...args] = [...wrapped(spoilt), process.execPath, ...words];
    this.place = undefined;
    this.member = this.#crew.spawn(name, command, args, { env, piped: true });
    const started = this.member;
    const limit = START_MS * load();
    const line = await within(Promise.race([firstLine(started.child.stdout), started.ended.then(() => '')]), limit);
    if (line === undefined) throw new Error(`${name} does not start within ${Math.round(limit / 1000)} s`);
    if (line === '') return false;
    this.place = JSON.parse(line);
    const own = this.#crew.marked().find(({ pid }) => pid === this.place.pid);
    this.started = own?.started;
    return true;
  }

  signal(signal) {
    if (this.place === undefined || this.started === undefined) return false;
    return this.#crew.signal(this.place.pid, this.started, signal);
  }

  async kill() {
    this.signal('SIGKILL');
    this.member.signal('SIGKILL');
    await this.member.ended;
    this.place = undefined;
  }

  /** SIGTERM; its exit code, or undefined where it does not end within the time. */
  async stop(ms) {
    if (!this.alive) return this.member?.exit?.code ?? null;
    if (!this.signal('SIGTERM')) this.member.signal('SIGTERM');
    const ended = await this.member.within(ms);
    if (!ended) return undefined;
    this.place = undefined;
    return this.member.exit.code;
  }

  /** One answer of its API; undefined where it gives none. */
  async ask(path) {
    const url = this.place?.http?.url;
    if (url === undefined || !this.alive) return undefined;
    try {
      const token = readFileSync(join(this.#options.data, 'token'), 'utf8').trim();
      const answer = await fetch(new URL(`/api/v1${path}`, url), {
        headers: { authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(10_000),
      });
      return answer.ok ? await answer.json() : undefined;
    } catch {
      return undefined;
    }
  }
}

function wrapped(spoilt) {
  if (spoilt === undefined) return [];
  const [calls, how] = SPOILT[spoilt.kind];
  const when = how.replace('FROM', String(spoilt.from)).replace('TO', String(spoilt.from + spoilt.count));
  return ['strace', '-f', '-qqq', '-o', '/dev/null', '-e', `trace=${calls}`, '-e', `inject=${calls}:${when}`];
}

async function firstLine(stream) {
  let text = '';
  for await (const chunk of stream) {
    text += chunk;
    const end = text.indexOf('\n');
    if (end < 0) continue;
    stream.resume();
    return text.slice(0, end);
  }
  return '';
}
