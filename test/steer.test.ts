// Steering from another terminal: a real training under `xtrack run`, changed while it runs by commands of other processes.

import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CommandLine, type Started } from './cli-harness.js';

const TRAIN = fileURLToPath(new URL('../examples/digits/train.py', import.meta.url));
const PLAIN = 'from xtrack import Tracker\nimport time\nrun = Tracker().start_run()\nrun.log_metric("x", 1)\ntime.sleep(120)';

interface Answer {
  readonly status: string;
  readonly error: string | null;
  readonly result: { readonly step: number; readonly path: string } | null;
}

interface Shown {
  readonly status: string;
  readonly metrics: readonly { readonly key: string; readonly step: number; readonly count: number }[];
  readonly checkpoints: readonly { readonly step: number; readonly path: string }[];
  readonly knobs: readonly { readonly name: string; readonly value: number }[];
  readonly changes: readonly object[];
  readonly commands: readonly object[];
  readonly exit: object;
}

let cli: CommandLine;
let training: Started;

beforeEach(() => {
  cli = new CommandLine();
});
afterEach(() => cli.remove());

// A dozen processes, one after the other.
const LIMIT_MS = 120_000;

async function start(...command: string[]): Promise<void> {
  training = cli.start('run', '--', ...command);
  // Until its data is there and the training has begun to log.
  const look = async (): Promise<Shown | undefined> => ((await cli.run('show', 'latest')).code === 0 ? await shown() : undefined);
  await until(look, ({ metrics }) => metrics.length > 0);
}

const shown = (): Promise<Shown> => cli.json<Shown>('show', 'latest');

async function until<Value>(look: () => Promise<Value | undefined>, good: (value: Value) => boolean): Promise<Value> {
  for (;;) {
    const value = await look();
    if (value !== undefined && good(value)) return value;
    await sleep(100);
  }
}

async function answer(...args: string[]): Promise<Answer> {
  return JSON.parse((await cli.run(...args, '--json')).stdout) as Answer;
}

const points = (run: Shown): number => run.metrics.find(({ key }) => key === 'train_loss')?.count ?? 0;

test('a training is paused, changed, saved and stopped from another terminal', { timeout: LIMIT_MS }, async () => {
  await start('python3', TRAIN, '--epochs', '100000');

  expect(await answer('command', 'latest', 'pause')).toMatchObject({ status: 'ok' });
  const paused = await until(shown, ({ status }) => status === 'paused');
  expect(await answer('set', 'latest', 'lr=0.004', '--by', 'ada')).toMatchObject({
    status: 'ok',
    result: { lr: { old: 0.02, new: 0.004 } },
  });
  expect(points(await shown())).toBe(points(paused));

  expect(await answer('command', 'latest', 'resume')).toMatchObject({ status: 'ok' });
  const going = await until(shown, (run) => points(run) > points(paused));
  expect(going.status).toBe('training');
  expect(going.knobs).toMatchObject([{ name: 'lr', value: 0.004, min: 1e-5, max: 1, scale: 'log' }]);
  expect(going.changes).toMatchObject([{ name: 'lr', previous: 0.02, value: 0.004, by: 'ada', step: expect.any(Number) as number }]);

  expect(await answer('set', 'latest', 'lr=7')).toMatchObject({ status: 'error', error: 'lr: 7 is above 1.0' });
  expect(await answer('set', 'latest', 'dropout=0.5')).toMatchObject({ status: 'error', error: expect.stringContaining('lr') as string });

  const saved = await answer('command', 'latest', 'checkpoint_now');
  expect(saved.status).toBe('ok');
  expect(existsSync(saved.result?.path ?? '')).toBe(true);
  expect((await shown()).checkpoints).toContainEqual(expect.objectContaining({ step: saved.result?.step, path: saved.result?.path }));

  expect(await answer('command', 'latest', 'stop')).toMatchObject({ status: 'ok' });
  expect(await training.ended).toMatchObject({ code: 0 });
  const over = await shown();
  expect(over).toMatchObject({ status: 'completed', exit: { code: 0 } });
  expect(over.commands).toHaveLength(7);
});

test('a script that never looks says that it cannot, and `stop` does not wait for it', { timeout: LIMIT_MS }, async () => {
  await start('python3', '-c', PLAIN);
  expect(await answer('command', 'latest', 'pause')).toMatchObject({
    status: 'unsupported',
    error: expect.stringContaining('run.safe_point()') as string,
  });
  expect(await cli.json('stop', 'latest', '--grace', '100')).toMatchObject({ status: 'killed' });
  expect((await training.ended).code).toBe(143);
});
