// Runs the built command line as a user would: real processes, a data directory of its own, and a pseudo-terminal on demand.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
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

  /** A shell line in which `xtrack` is the command line. */
  shell(line: string): Promise<Outcome> {
    return this.#remember(new Started('bash', ['-c', `xtrack() { "${process.execPath}" "${MAIN}" "$@"; }; ${line}`], this.#env)).ended;
  }

  remove(): void {
    for (const { child } of this.#started) child.kill('SIGKILL');
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  #remember(started: Started): Started {
    this.#started.push(started);
    return started;
  }
}
