// Runs the built command line as a user would: real processes, a data directory of its own, and a pseudo-terminal on demand.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
export const WORKER = fileURLToPath(new URL('./fixtures/cli-worker.py', import.meta.url));
const PTY = fileURLToPath(new URL('./fixtures/terminal.py', import.meta.url));

export interface Outcome {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process under test, whose output is gathered. */
export class Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Outcome>;
  stdout = '';
  stderr = '';

  constructor(command: string, args: readonly string[], env: Record<string, string>) {
    this.child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code, signal) => resolve({ code, signal, stdout: this.stdout, stderr: this.stderr }));
    });
  }

  /** Waits until the output so far, of either stream, matches. */
  async says(pattern: RegExp): Promise<void> {
    while (!pattern.test(`${this.stdout}\n${this.stderr}`)) {
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(`it ended without saying ${pattern}: ${this.stdout}${this.stderr}`);
      await sleep(20);
    }
  }
}

/** What was started under that data directory and outlives its supervisor, as it should. Linux; elsewhere it ends by itself. */
function trainingsOf(directory: string): number[] {
  if (!existsSync('/proc')) return [];
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid && environmentOf(pid).includes(`XTRACK_DATA=${directory}`));
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended in between.
  }
}

function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return []; // ended in between, or another user's
  }
}

/** The command line on a fresh data directory. */
export class CommandLine {
  readonly directory = mkdtempSync(join(tmpdir(), 'xtrack-cli-'));
  readonly #env: Record<string, string> = { XTRACK_DATA: this.directory, NO_COLOR: '1' };

  /** The same command line with more environment, from now on. */
  with(env: Record<string, string>): this {
    Object.assign(this.#env, env);
    return this;
  }

  readonly #started: Started[] = [];

  start(...args: string[]): Started {
    return this.#remember(new Started(process.execPath, [MAIN, ...args], this.#env));
  }

  run(...args: string[]): Promise<Outcome> {
    return this.start(...args).ended;
  }

  /** stdout as JSON; fails with the outcome where the command fails. */
  async json<Value>(...args: string[]): Promise<Value> {
    const outcome = await this.run(...args, '--json');
    if (outcome.code !== 0) throw new Error(`${args.join(' ')}: ${JSON.stringify(outcome)}`);
    return JSON.parse(outcome.stdout) as Value;
  }

  /** In a pseudo-terminal of that size; what it would show comes on stdout, escape sequences included. */
  inTerminal(columns: number, rows: number, ...args: string[]): Started {
    return this.#remember(new Started('python3', [PTY, String(columns), String(rows), process.execPath, MAIN, ...args], this.#env));
  }

  /** A shell line in a pseudo-terminal; `$MAIN` is the command line's file, and $NODE runs it. */
  shellInTerminal(columns: number, rows: number, line: string): Started {
    const env = { ...this.#env, NODE: process.execPath, MAIN };
    return this.#remember(new Started('python3', [PTY, String(columns), String(rows), 'bash', '-c', line], env));
  }

  /** A shell line in which `xtrack` is the command line. */
  shell(line: string): Promise<Outcome> {
    // Bash takes a socket as its input for a login from another machine, and reads ~/.bashrc, unless it runs in another shell.
    const env = { ...this.#env, SHLVL: '1' };
    return this.#remember(new Started('bash', ['-c', `xtrack() { "${process.execPath}" "${MAIN}" "$@"; }; ${line}`], env)).ended;
  }

  remove(): void {
    for (const { child } of this.#started) child.kill('SIGKILL');
    for (const pid of trainingsOf(this.directory)) killIfThere(pid);
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  #remember(started: Started): Started {
    this.#started.push(started);
    return started;
  }
}
