// Runs small programs that use the built emitter, as a user's training script would, each in a process of its own.

import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { XTrackError } from '../../protocol/errors.js';

const packageRoot = fileURLToPath(new URL('../../../', import.meta.url));

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Worker {
  readonly process: ChildProcess;
  readonly exit: Promise<Exit>;
}

/** Starts an ES module given as text; it can import `xtrack/emitter`. `fd3` is its fourth descriptor; `shell` is run before, in its process. */
export function startWorker(
  program: string,
  env: Record<string, string>,
  options: { fd3?: 'pipe' | 'ipc' | number; shell?: string } = {},
): Worker {
  if (!existsSync(`${packageRoot}dist/emitter/index.js`)) throw new XTrackError('XT_FILE', { detail: 'dist/ is missing: build first' });
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', ...(options.fd3 === undefined ? [] : [options.fd3])];
  const node = [process.execPath, '--input-type=module', '--eval', program] as const;
  const command = options.shell === undefined ? node : ['/bin/sh', '-c', `${options.shell}; exec "$@"`, 'sh', ...node];
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('XTRACK_')));
  const child = spawn(command[0] as string, command.slice(1), { cwd: packageRoot, env: { ...inherited, ...env }, stdio });
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString('latin1');
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const exit = new Promise<Exit>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { process: child, exit };
}
