// The command line on a real (pseudo-)terminal, narrow and wide: the live view, tables, and the demo.

import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { textWidth } from '../src/cli/terminal/text.js';
import { CommandLine, WORKER } from './cli-harness.js';

let cli: CommandLine;

beforeEach(() => {
  cli = new CommandLine();
});

afterEach(() => cli.remove());

const SHOW_CURSOR = '\u001b[?25h';
const HIDE_CURSOR = '\u001b[?25l';

/** Everything that was ever on a line of the terminal. */
function linesOf(output: string): string[] {
  return stripVTControlCharacters(output).split(/[\r\n]+/);
}

describe.each([
  [40, 15],
  [120, 40],
])('on a terminal of %i by %i', (columns, rows) => {
  it('a live run stays within the width, shows what happens, and gives the cursor back', async () => {
    const long = `run-${'x'.repeat(60)}`;
    const run = await cli.inTerminal(columns, rows, 'run', '--name', long, '--', 'python3', WORKER, '5', '0.15').ended;
    expect(run.code).toBe(0);
    for (const line of linesOf(run.stdout)) expect(textWidth(line)).toBeLessThan(columns);
    for (const part of ['to stdout red', 'to stderr', '[info] a log line', 'training', 'completed', 'loss', 'step 5']) {
      expect(stripVTControlCharacters(run.stdout)).toContain(part);
    }
    expect(run.stdout.split(HIDE_CURSOR)).toHaveLength(2);
    expect(run.stdout.lastIndexOf(SHOW_CURSOR)).toBeGreaterThan(run.stdout.lastIndexOf(HIDE_CURSOR));
    // The script printed it in red: its colours do not reach the screen.
    expect(run.stdout).not.toContain('\u001b[31mred');
  });

  it('tables and plots stay within the width', async () => {
    const tags = ['--tag', `key=${'v'.repeat(100)}`];
    await cli.run('run', '--run-id', 'r', '--name', `\u001b[31m${'n'.repeat(100)}`, ...tags, '--', 'python3', WORKER, '30', '0');
    for (const command of [['list'], ['show', 'r'], ['metrics', 'r', 'loss']]) {
      const { code, stdout } = await cli.inTerminal(columns, rows, ...command).ended;
      expect(code).toBe(0);
      expect(stdout).not.toContain('\u001b[31mn');
      for (const line of linesOf(stdout)) expect(textWidth(line)).toBeLessThanOrEqual(columns);
    }
  });
});

describe('on a terminal', () => {
  it('Ctrl-C stops the run, and the second one kills it', async () => {
    const script = 'process.on("SIGTERM", () => console.log("no")); setInterval(() => 0, 1000); console.log("up")';
    const run = cli.inTerminal(80, 24, 'run', '--', process.execPath, '-e', script);
    await run.says(/up/);
    run.child.stdin?.write('^C\n');
    await run.says(/Ctrl-C again kills it/);
    await run.says(/no/);
    run.child.stdin?.write('^C\n');
    const { code, stdout } = await run.ended;
    expect(code).toBe(137);
    expect(stdout.trimEnd().endsWith(SHOW_CURSOR)).toBe(true);
  });

  it('a terminal that goes away takes the view with it, not the training', async () => {
    const run = cli.inTerminal(80, 24, 'run', '--run-id', 'r', '--', 'python3', WORKER, '40', '0.05');
    await run.says(/step 3/);
    run.child.kill('SIGKILL');
    await run.ended;
    const { stdout } = await cli.run('logs', 'r', '--follow');
    expect(stdout).toContain('step 40');
    expect(await cli.json('show', 'r')).toMatchObject({ status: 'completed', exit: { code: 0 } });
  });

  it('delete for good asks, and does nothing unless the answer is yes', async () => {
    await cli.run('run', '--run-id', 'r', '--', 'true');
    const no = cli.inTerminal(80, 24, 'delete', 'r', '--purge');
    await no.says(/\[y\/N\]/);
    no.child.stdin?.write('\n');
    expect((await no.ended).code).toBe(2);
    const yes = cli.inTerminal(80, 24, 'delete', 'r', '--purge');
    await yes.says(/\[y\/N\]/);
    yes.child.stdin?.write('y\n');
    expect((await yes.ended).code).toBe(0);
    expect((await cli.run('show', 'r')).code).toBe(4);
  });
});

describe('xtrack demo', () => {
  /** The interpreter that `demo` is told to use: the real one, with fewer epochs than a newcomer sees. */
  function quickPython(): Record<string, string> {
    const path = join(cli.directory, 'quick-python');
    writeFileSync(path, '#!/bin/sh\nexec python3 "$@" --epochs 2\n', { mode: 0o755 });
    return { XTRACK_PYTHON: path };
  }

  it('--once trains the example and exits with 0, on another port where 9999 is taken', async () => {
    const holder = createServer();
    // Where something else on this machine holds the port already, that will do as well.
    await new Promise<void>((resolve) => holder.on('error', () => resolve()).listen(9999, '127.0.0.1', resolve));
    const { code, stdout, stderr } = await cli.with(quickPython()).run('demo', '--once');
    holder.close();
    expect([code, stderr]).toEqual([0, expect.stringMatching(/port 9999 is taken.*\n.*welcome/)]);
    expect(stdout).toMatch(/completed in .*val_acc .*npx xtrack metrics latest val_acc --data/s);
    expect(await cli.json('list')).toMatchObject([{ status: 'completed', experimentId: 'digits' }]);
    expect(await cli.json('metrics', 'latest', 'val_acc')).toHaveLength(2);
  });

  it('keeps serving until it is told to end', async () => {
    const demo = cli.with(quickPython()).start('demo');
    await demo.says(/still serving/);
    expect(existsSync(join(cli.directory, 'control.sock'))).toBe(true);
    demo.child.kill('SIGINT');
    expect((await demo.ended).code).toBe(0);
  });

  it('exits with an error when the training fails', async () => {
    const { code } = await cli.with({ XTRACK_PYTHON: '/bin/false' }).run('demo', '--once');
    expect(code).toBe(1);
  });
});
