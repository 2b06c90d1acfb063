// Many processes at once under one lock, some of which are killed while they hold it: never two at a time, and nobody waits for the dead.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, utimesSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

const MODULE = new URL('../dist/transports/listen/file-lock.js', import.meta.url).href;
const SOCKETS = new URL('../dist/transports/listen/socket-file.js', import.meta.url).href;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'xtrack-lock-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly text: string;
}

function node(script: string): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout?.on('data', (chunk) => {
    text += String(chunk);
  });
  return { child, ended: new Promise((resolve) => child.on('close', (code) => resolve({ code, text }))) };
}

/** What a process leaves that died while it held the lock. */
function leaveBehind(path: string, at: number): void {
  const file = `${path}.lock.${4_000_000 + at}.1@none.abc${at}`;
  closeSync(openSync(file, 'wx'));
  utimesSync(file, new Date(0), new Date(0));
}

it('never lets two in, and is not held up by those who died in it', { timeout: 240_000 }, async () => {
  const path = join(folder, 'a.sock');
  for (let at = 0; at < 20; at += 1) leaveBehind(path, at);
  const script = `
    import { locked } from '${MODULE}';
    import { closeSync, openSync, rmSync } from 'node:fs';
    const witness = ${JSON.stringify(join(folder, 'witness'))};
    for (let turn = 0; turn < 15; turn += 1)
      await locked(${JSON.stringify(path)}, async () => {
        closeSync(openSync(witness, 'wx'));
        await new Promise((resolve) => setTimeout(resolve, 1));
        rmSync(witness);
      });
    console.log('through');`;
  const outcomes = await Promise.all(Array.from({ length: 10 }, () => node(script).ended));
  expect(outcomes).toEqual(outcomes.map(() => ({ code: 0, text: 'through\n' })));
  expect(readdirSync(folder)).toEqual([]);
});

it('gives a socket that nobody listens on to exactly one of many', { timeout: 240_000 }, async () => {
  const path = join(folder, 'b.sock');
  leaveBehind(path, 1);
  const script = `
    import { createServer } from 'node:net';
    import { listenOnSocketFile } from '${SOCKETS}';
    const server = createServer();
    try {
      await listenOnSocketFile(server, ${JSON.stringify(path)});
      console.log('listens');
      setInterval(() => undefined, 1_000);
    } catch (error) {
      console.log(error.code);
    }`;
  const started = Array.from({ length: 10 }, () => {
    const one = node(script);
    const said = new Promise<string>((resolve) => one.child.stdout?.once('data', (chunk) => resolve(String(chunk).trim())));
    return { ...one, said };
  });
  const words = await Promise.all(started.map(({ said }) => said));
  expect(words.sort()).toEqual([...Array.from({ length: 9 }, () => 'XT_LISTEN'), 'listens']);
  for (const { child } of started) child.kill('SIGKILL');
  await Promise.all(started.map(({ ended }) => ended));
});
