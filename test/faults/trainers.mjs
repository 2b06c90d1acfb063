// The trainings of a round: launched in every way that there is, killed, and launched again.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCounter } from './witness.mjs';

const HERE = new URL('.', import.meta.url).pathname;

/** The interpreter itself, not a script in front of it: signals go to a process. */
const PYTHON = execFileSync(process.env.XTRACK_PYTHON ?? 'python3', ['-c', 'import sys; print(sys.executable)'], {
  encoding: 'utf8',
}).trim();

/** Sends what dead emitters of another machine left there: a run that lives until nothing but its own spool is left. */
const CLOSER = `
import os, sys, time, xtrack
folder = os.path.join(os.environ["XTRACK_DATA"], "spool")
run = xtrack.Tracker().start_run()
until = time.monotonic() + float(sys.argv[1])
while time.monotonic() < until:
    run.log_metric("alive", 1.0)
    if len([name for name in os.listdir(folder) if name.endswith(".spool") and "closer-" not in name]) == 0:
        break
    time.sleep(0.2)
run.end()
`;

export class Trainers {
  /** `{life, run, worker, killed, clock, supervised}` of each process that has logged or may have. */
  lives = [];
  #crew;
  #options;
  #running = new Map();

  /** `options`: folder, data, dist, python, database, port, socket. */
  constructor(crew, options) {
    this.#crew = crew;
    this.#options = options;
  }

  #environment(trainer, life) {
    const { folder, data, python, port, socket, dist } = this.#options;
    const own = trainer.away ? this.awayFolder(trainer) : data;
    const spec = { ...trainer, life, folder, dist };
    const ways = {
      tcp: { XTRACK_TRANSPORT: 'tcp', XTRACK_HOST: '127.0.0.1', XTRACK_PORT: String(port) },
      unix: { XTRACK_TRANSPORT: 'unix' },
      'unix-proxy': { XTRACK_TRANSPORT: 'unix', XTRACK_SOCKET: socket },
      run: {},
    };
    return {
      PYTHONPATH: python,
      PYTHONDONTWRITEBYTECODE: '1',
      XTRACK_FAULTS_SPEC: JSON.stringify(spec),
      // The network corrupts frames that carry a checksum: all of them or none, however busy the machine.
      XTRACK_CRC: trainer.checks ? 'all' : '0',
      XTRACK_DATA: own,
      ...(trainer.way !== 'run' && { XTRACK_RUN_ID: trainer.run, XTRACK_WORKER_ID: trainer.worker }),
      ...ways[trainer.way],
      ...this.#token(trainer),
    };
  }

  /** A machine of its own has no data directory to read the workers' token from. */
  #token(trainer) {
    if (!trainer.away) return {};
    return { XTRACK_TOKEN: readFileSync(join(this.#options.data, 'ingest-token'), 'utf8').trim() };
  }

  awayFolder({ name }) {
    const folder = join(this.#options.folder, `away-${name}`);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  }

  /** Starts the trainer's next life. */
  launch(trainer) {
    const number = this.lives.filter(({ trainer: name }) => name === trainer.name).length + 1;
    const life = `${trainer.name}.${number}`;
    const { data, database, dist } = this.#options;
    const program =
      trainer.language === 'python' ? [PYTHON, '-u', join(HERE, 'trainer.py')] : [process.execPath, join(HERE, 'trainer.mjs')];
    const place = ['--data', data, ...(database === undefined ? [] : ['--database', database])];
    const control = [process.execPath, join(dist, 'cli/main.js'), 'run', ...place, '--run-id', trainer.run, '--no-system-metrics', '--'];
    const [command, ...args] = trainer.way === 'run' ? [...control, ...program] : program;
    const member = this.#crew.spawn(life, command, args, { env: this.#environment(trainer, life) });
    const { name, run, worker } = trainer;
    const about = { trainer: name, run, killed: null, clock: trainer.clock !== null, supervised: trainer.way === 'run' };
    this.lives.push({ life, worker, ...about });
    if (trainer.fork) this.lives.push({ life: `${life}f`, worker: `${worker}.f`, ...about });
    this.#running.set(life, { trainer, member });
    return life;
  }

  /** How many trainings have ended by themselves. */
  ends() {
    const paths = this.lives.map(({ life }) => join(this.#options.folder, `${life}.count`)).filter((path) => existsSync(path));
    return paths.filter((path) => readFileSync(path, 'latin1').includes('end ')).length;
  }

  /** The running life of a trainer. */
  current({ name }) {
    return [...this.#running.keys()].reverse().find((life) => life.startsWith(`${name}.`));
  }

  /** Its process, once it has begun to log; undefined when it is gone. */
  process(life) {
    const path = join(this.#options.folder, `${life}.count`);
    if (!existsSync(path)) return undefined;
    const { pid } = readCounter(path);
    return this.#crew.marked().find((each) => each.pid === pid);
  }

  /** Sends a signal to the training itself. True when it went. */
  signal(life, name) {
    const found = this.process(life);
    if (found === undefined || !this.#crew.signal(found.pid, found.started, name)) return false;
    if (name === 'SIGKILL' || name === 'SIGTERM')
      for (const each of this.lives) if (each.life === life || each.life === `${life}f`) each.killed = name;
    return true;
  }

  /** Resolves when each has ended, or the time is up; the names of those that have not. */
  async ended(ms) {
    const each = [...this.#running].map(async ([life, { member }]) => ((await member.within(ms)) ? undefined : life));
    return (await Promise.all(each)).filter((life) => life !== undefined);
  }

  /** For the trainings of another machine: its next run sends what the earlier ones left. */
  close(trainer, seconds) {
    const env = this.#environment({ ...trainer, run: `closer-${trainer.name}`, worker: '' }, 'closer');
    const patient = { ...env, XTRACK_FLUSH_TIMEOUT: String(seconds) };
    return this.#crew.spawn(`closer-${trainer.name}`, PYTHON, ['-c', CLOSER, String(seconds)], { env: patient });
  }

  /** A training whose run is going to be deleted beneath it. */
  victim() {
    const trainer = { name: 'v0', language: 'python', way: 'tcp', run: 'victim', worker: '', kinds: 'mmb', calls: 4_000, burst: 20 };
    const env = this.#environment({ ...trainer, pause: 0.01, end: 'end', early: true, clock: null, checks: true }, 'v0.1');
    this.lives.push({ life: 'v0.1', trainer: 'v0', run: 'victim', worker: '', killed: null, clock: false, supervised: false });
    const member = this.#crew.spawn('v0.1', PYTHON, ['-u', join(HERE, 'trainer.py')], { env });
    this.#running.set('v0.1', { trainer, member });
  }
}
