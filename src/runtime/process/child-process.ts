// Starting a training script: its own session, output into files, events over a duplex socket on fd 3.

import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readSync, statSync } from 'node:fs';
import type { Socket } from 'node:net';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inPackage } from '../../package/root.js';
import { type EndStatus, type RunError, XTrackError } from '../../protocol/index.js';
import { maskedArgv, masksNothing } from '../../protocol/secrets.js';
import type { ProcessRecord } from '../../storage/store.js';
import { processStartTime } from './process-identity.js';

const EVENT_FD = 3;
/** The Python package beside this one: a script that says `from xtrack import Tracker` runs with nothing installed. */
const PYTHON_PACKAGE = fileURLToPath(inPackage('python'));
const TAIL_BYTES = 16 * 1024;

export interface ChildSpec {
  readonly runId: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where the output files go: a folder of its own is made below. */
  readonly outputRoot: string;
  readonly dataDirectory: string | null;
  readonly socketPath: string | null;
  readonly experimentId: string | null;
  readonly parentRunId: string | null;
  /** The control plane samples its system metrics so often; undefined: it does not. */
  readonly sampledEveryMs: number | undefined;
  /** What is recorded as the name of this machine. */
  readonly host: string | undefined;
}

export interface StartedChild {
  readonly child: ChildProcess;
  readonly events: Socket;
  readonly record: ProcessRecord;
}

function environment(spec: ChildSpec): NodeJS.ProcessEnv {
  const inherited = { ...process.env, ...spec.env };
  // Whatever the control plane itself was told about tracking is not meant for the script.
  for (const name of [
    'XTRACK_HOST',
    'XTRACK_PORT',
    'XTRACK_TLS',
    'XTRACK_FILE',
    'XTRACK_TOKEN',
    'XTRACK_WORKER_ID',
    'XTRACK_SOCKET',
    'XTRACK_DATABASE',
    'XTRACK_ADVERTISE',
    'XTRACK_RUN_TAKEN',
  ])
    delete inherited[name];
  // Said of this process, where it is itself the child of a control plane.
  if (inherited.XTRACK_SYSTEM_METRICS === 'supervised') delete inherited.XTRACK_SYSTEM_METRICS;
  return {
    PYTHONUNBUFFERED: '1',
    ...inherited,
    PYTHONPATH: [PYTHON_PACKAGE, inherited.PYTHONPATH].filter((part) => part !== undefined && part !== '').join(':'),
    XTRACK_TRANSPORT: 'stdio',
    XTRACK_FD: String(EVENT_FD),
    XTRACK_RUN_ID: spec.runId,
    ...(spec.dataDirectory === null ? {} : { XTRACK_DATA: spec.dataDirectory }),
    ...(spec.socketPath === null ? {} : { XTRACK_SOCKET: spec.socketPath }),
    ...(spec.experimentId === null ? {} : { XTRACK_EXPERIMENT: spec.experimentId }),
    ...(spec.parentRunId === null ? {} : { XTRACK_PARENT_RUN_ID: spec.parentRunId }),
    ...(spec.sampledEveryMs === undefined ? {} : { XTRACK_SYSTEM_METRICS: 'supervised' }),
  };
}

/** Output folder of a run. Its name is a hash: a run id never becomes a path. */
function outputFolder(root: string, runId: string): string {
  return join(root, createHash('sha256').update(runId).digest('hex').slice(0, 32));
}

/** Starts the process and waits until it runs. XT_SPAWN when it cannot be started. */
export async function startChild(spec: ChildSpec): Promise<StartedChild> {
  const folder = outputFolder(spec.outputRoot, spec.runId);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stdoutPath = join(folder, 'stdout');
  const stderrPath = join(folder, 'stderr');
  const stdout = openSync(stdoutPath, 'a', 0o600);
  const stderr = openSync(stderrPath, 'a', 0o600);
  const env = environment(spec);
  try {
    const child = spawn(spec.command, [...spec.args], {
      cwd: spec.cwd,
      env,
      detached: true,
      stdio: ['ignore', stdout, stderr, 'pipe'],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) =>
        reject(new XTrackError('XT_SPAWN', { detail: `cannot start '${spec.command}': ${error.message}`, cause: error })),
      );
    });
    // Later errors (a signal that could not be sent) are answered where they happen.
    child.on('error', () => undefined);
    const pid = child.pid as number;
    const { cwd, sampledEveryMs, host } = spec;
    // The process is told everything; what is recorded of it, and shown, holds no secret.
    const [command = '', ...args] = shown([spec.command, ...spec.args], env.XTRACK_MASK);
    const more = {
      ...(host !== undefined && { host }),
      ...(sampledEveryMs !== undefined && { sampledEveryMs }),
      ...(masksNothing(env.XTRACK_MASK) && { unmasked: true }),
    };
    const record = { pid, startTime: processStartTime(pid) ?? '', command, args, cwd, stdoutPath, stderrPath, ...more };
    return { child, events: child.stdio[EVENT_FD] as Socket, record };
  } finally {
    closeSync(stdout);
    closeSync(stderr);
  }
}

function shown(argv: readonly string[], mask: string | undefined): readonly string[] {
  return masksNothing(mask) ? argv : maskedArgv(argv);
}

/** Signals the whole process group of a child that was started here. False when it is gone. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** The last lines of a file, as far as its last 16 KiB go, oldest first; blank ones do not count. */
export function lastLines(path: string): string[] {
  try {
    const { size } = statSync(path);
    const length = Math.min(size, TAIL_BYTES);
    const buffer = Buffer.alloc(length);
    const fd = openSync(path, 'r');
    try {
      readSync(fd, buffer, 0, length, size - length);
    } finally {
      closeSync(fd);
    }
    return buffer
      .toString('utf8')
      .split('\n')
      .filter((line) => line.trim() !== '');
  } catch {
    return [];
  }
}

/** Both are null for a process whose parent this control plane was not. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What the exit means for the run; whatever a stop was asked for is killed. */
export function endStatus(how: Exit, stopRequested: boolean): EndStatus {
  if (stopRequested) return 'killed';
  return how.code === 0 ? 'completed' : 'failed';
}

/** Why the process ended; `stderrTail` is its last output. */
export function exitError(how: Exit, status: EndStatus, stderrTail: readonly string[]): RunError {
  const traceback = stderrTail.length === 0 ? {} : { traceback: stderrTail.join('\n') };
  if (how.signal !== null) {
    const message = `the process was killed by signal ${constants.signals[how.signal]} (${how.signal})`;
    return { type: status === 'killed' ? 'Stopped' : 'Signal', message, ...traceback };
  }
  if (how.code !== null) return { type: 'ExitCode', message: `the process exited with code ${how.code}`, ...traceback };
  return {
    type: 'ExitUnknown',
    message: 'the process ended while no control plane was its parent: its exit code is unknown',
    ...traceback,
  };
}
