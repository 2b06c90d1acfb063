// `xtrack top` on a real (pseudo-)terminal over a real training: what it shows, what its keys do, and what it leaves behind.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { textWidth } from '../src/cli/terminal/text.js';
import { CommandLine, type Started, WORKER } from './cli-harness.js';

const TRAIN = fileURLToPath(new URL('../examples/digits/train.py', import.meta.url));
const LIMIT_MS = 120_000;

const OPEN = '\u001b[?1049h';
const CLOSE = '\u001b[?1049l';
/** Each line of a frame is put in its place. */
const LINE = new RegExp(`${'\u001b'}\\[\\d+;1H`);
const SHOW_CURSOR = '\u001b[?25h';

let cli: CommandLine;

beforeEach(() => {
  cli = new CommandLine();
});

afterEach(() => cli.remove());

/** The lines of the newest frame. */
function screenOf(top: Started): string[] {
  const frame = top.stdout.slice(top.stdout.lastIndexOf('\u001b[?2026h'));
  return frame.split(LINE).slice(1).map(stripVTControlCharacters);
}

async function shows(top: Started, pattern: RegExp): Promise<void> {
  while (!pattern.test(screenOf(top).join('\n'))) {
    if (top.child.exitCode !== null) throw new Error(`it ended without showing ${pattern}: ${top.stdout}`);
    await sleep(20);
  }
}

const type = (top: Started, keys: string): boolean | undefined => top.child.stdin?.write(keys);

async function train(): Promise<Started> {
  const training = cli.start('run', '--run-id', 'digits', '--', 'python3', TRAIN, '--epochs', '100000');
  await training.says(/train_loss=/);
  return training;
}

describe('top', () => {
  it('shows a live run and steers it', { timeout: LIMIT_MS }, async () => {
    const training = await train();
    const top = cli.inTerminal(160, 40, 'top');
    await shows(top, /digits.*training.*\d+\/(s|min).*loss.*[▁▂▃▄▅▆▇█]/);
    type(top, 'p');
    await shows(top, /pause .*: ok[\s\S]*/);
    await shows(top, /digits.*paused/);
    type(top, 'l');
    await shows(top, /learning rate of/);
    type(top, '0.004\r');
    await shows(top, /adjust_lr .*: ok .*0\.004/);
    type(top, 'r');
    await shows(top, /resume .*: ok/);
    type(top, '\r');
    await shows(top, /digits[\s\S]*lr 0\.004[\s\S]*┤[\s\S]*└/);
    type(top, 'q');
    await shows(top, /NAME +STATUS/);
    type(top, 'l9\r');
    await shows(top, /adjust_lr .*: error .*above/);
    type(top, 'k');
    await shows(top, /stop .*\? y\/n/);
    type(top, 'n');
    await shows(top, /p pause/);
    type(top, 'k');
    await shows(top, /stop .*\? y\/n/);
    type(top, 'y');
    await shows(top, /stop .*: stopping/);
    await shows(top, /digits.*completed/);
    expect((await training.ended).code).toBe(0);
    type(top, 'q');
    expect((await top.ended).code).toBe(0);
    const { changes, commands } = await cli.json<{ changes: object[]; commands: object[] }>('show', 'digits');
    expect(changes).toMatchObject([{ name: 'lr', value: 0.004 }]);
    expect(commands).toHaveLength(5);
  });

  it('finds, sorts and explains, in any size, and lets no colour of a run through', { timeout: LIMIT_MS }, async () => {
    await cli.run('run', '--run-id', 'a', '--name', `\u001b[31mfirst${'x'.repeat(80)}`, '--', 'python3', WORKER, '30', '0');
    await cli.run('run', '--run-id', 'b', '--name', 'second', '--', 'false');
    const top = cli.inTerminal(100, 20, 'top');
    await shows(top, /second.*failed[\s\S]*first.*completed/);
    type(top, 's');
    await shows(top, /by name[\s\S]*first[\s\S]*second/);
    type(top, "/status = 'failed'\r");
    await shows(top, /0 live, 1 over/);
    type(top, '/ and\r');
    await shows(top, /write conditions/);
    type(top, '\u001b');
    await shows(top, /0 live, 2 over/);
    type(top, '?');
    await shows(top, /stop the run/);
    type(top, '^W44x12\n');
    type(top, 'q');
    await shows(top, /first/);
    while (screenOf(top).length !== 12) await sleep(20);
    for (const line of screenOf(top)) expect(textWidth(line)).toBeLessThan(44);
    type(top, '\r');
    await shows(top, /completed {2}first/);
    type(top, '^C\n');
    expect((await top.ended).code).toBe(0);
    expect(top.stdout).not.toContain('\u001b[31m');
    expect(top.stdout.split(OPEN)).toHaveLength(2);
    expect(top.stdout.endsWith(`${SHOW_CURSOR}${CLOSE}`)).toBe(true);
  });

  it.each(['SIGTERM', 'an error'])('gives the terminal back on %s', { timeout: LIMIT_MS }, async (how) => {
    await cli.run('run', '--run-id', 'a', '--', 'true');
    const filter = how === 'SIGTERM' ? '' : '--filter "metrics.loss <"';
    const top = cli.shellInTerminal(100, 20, `bash -c 'echo $$ >"$XTRACK_DATA/pid"; exec "$NODE" "$MAIN" top ${filter}'; stty -a`);
    if (how === 'SIGTERM') {
      await shows(top, /a +completed/);
      process.kill(Number(readFileSync(join(cli.directory, 'pid'), 'utf8')), 'SIGTERM');
    }
    const { stdout } = await top.ended;
    // As before: typed characters are shown, and lines are edited.
    expect(stdout).toMatch(/ icanon/);
    expect(stdout).toMatch(/ echo /);
    expect(stdout.includes('XT_SEARCH')).toBe(how !== 'SIGTERM');
    expect(stdout.split(OPEN)).toHaveLength(stdout.split(CLOSE).length);
    expect(stdout.lastIndexOf(CLOSE)).toBeGreaterThanOrEqual(stdout.lastIndexOf(OPEN));
  });

  it('prints once where there is no terminal', { timeout: LIMIT_MS }, async () => {
    await cli.run('run', '--run-id', 'a', '--', 'python3', WORKER, '30', '0');
    const { code, stdout } = await cli.run('top', '--metrics', 'acc');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}NAME +STATUS.*\n {2}a +completed.*100%.*acc.*0\.96/);
    expect(stdout).not.toContain('\u001b');
    const [row] = await cli.json<object[]>('top', '--once');
    expect(row).toMatchObject({
      runId: 'a',
      live: false,
      step: 29,
      progress: { current: 30, total: 30 },
      remainingMs: null,
      metrics: expect.arrayContaining([expect.objectContaining({ key: 'loss', phase: 'train' })]) as object,
    });
    expect((await cli.inTerminal(80, 24, 'top', '--once').ended).stdout).toContain('completed');
  });
});
