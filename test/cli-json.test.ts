// The JSON that the command line prints is an interface: what every command prints with --json on one small store stands in
// fixtures/cli-json.txt, with times, ids and places of this machine taken out. Fields are added, never changed.
// After a change that is meant: XTRACK_WRITE_CLI_JSON=1 npx vitest run test/cli-json.test.ts

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeEvent, type TrackEvent } from '../src/protocol/index.js';
import { XTrack } from '../src/xtrack.js';
import { CommandLine, type Outcome } from './cli-harness.js';
import type { EventBody } from './support/api.js';

const WRITTEN = fileURLToPath(new URL('fixtures/cli-json.txt', import.meta.url));
const TRAIN = fileURLToPath(new URL('../examples/digits/train.py', import.meta.url));
const LIMIT_MS = 240_000;
/** µs since the epoch. */
const BEGIN = 1_700_000_000_000_000;

/** Commands that print no JSON: one speaks a protocol of its own, one is `run` with an example. */
const WITHOUT = ['mcp', 'demo', 'help'];

let cli: CommandLine;

beforeAll(async () => {
  cli = new CommandLine();
  const xtrack = await XTrack.start({ directory: cli.directory });
  for (const [at, runId] of ['a', 'b', 'c'].entries()) {
    const events = eventsOf(at).map(
      (body, index) =>
        ({
          runId,
          worker: 'w',
          incarnation: `inc-${runId}`,
          seq: index + 1,
          ts: BEGIN + (at * 60 + index) * 1_000_000,
          ...body,
        }) as TrackEvent,
    );
    await xtrack.ingest(Buffer.concat(events.map(encodeEvent)), { format: 'frames', mayWrite: () => true });
  }
  await xtrack.updateRun('a', { name: 'renamed', notes: 'a note' });
  await xtrack.close();
}, LIMIT_MS);

afterAll(() => cli.remove());

/** Everything that an event may be, once. */
function eventsOf(at: number): EventBody[] {
  return [
    { type: 'run_start', name: `run ${at}`, experimentId: 'digits', tags: { team: 'x' } },
    { type: 'param', key: 'lr', value: 0.1 * (at + 1) },
    { type: 'param', key: 'model.depth', value: 3 },
    { type: 'status', status: 'training', message: 'epoch 1', progress: { current: 1, total: 3, unit: 'epoch' } },
    ...[0, 1, 2].map(
      (step): EventBody => ({ type: 'metric', key: 'loss', value: 1 / (step + at + 1), step, epoch: step, context: { phase: 'val' } }),
    ),
    { type: 'metric', key: 'odd', value: Number.NaN, step: 1 },
    { type: 'log', level: 'warning', message: 'a line' },
    { type: 'checkpoint', step: 2, path: '/models/2.pt', metrics: { loss: 0.3 }, isBest: true },
    { type: 'artifact', path: '/plots/loss.png', kind: 'image', name: 'loss', upload: 'reference' },
    at === 2
      ? { type: 'run_end', status: 'failed', error: { type: 'ValueError', message: 'no data' } }
      : { type: 'run_end', status: 'completed' },
  ];
}

it('prints what is written down', { timeout: LIMIT_MS }, async () => {
  const file = (name: string): string => join(cli.directory, name);
  const said: string[] = [];
  const asked = new Set<string>();
  const note = (args: readonly string[], { code, stdout, stderr }: Outcome, form: (value: unknown) => unknown): void => {
    asked.add(args[0] as string);
    const text = stdout === '' ? stderr : stdout;
    const values = readAll(text).map((value) => JSON.stringify(form(value), null, 1));
    said.push(`$ xtrack ${withoutPlaces(args.join(' '))}\n${code === 0 ? '' : `exit code ${code}\n`}${values.join('\n')}`);
  };
  /** As it is, without what differs from time to time. */
  const ask = async (...args: string[]): Promise<void> => note(args, await cli.run(...withJson(args)), settled);
  /** Only which fields there are: what depends on the machine and on how far a training is. */
  const askShape = async (...args: string[]): Promise<void> => note(args, await cli.run(...withJson(args)), shapeOf);

  await ask('list');
  expect((await cli.run('list', 'runs', '--json')).stdout).toBe((await cli.run('list', '--json')).stdout);
  await ask('list', 'nothing');
  await ask('search', 'params.lr > 0.15 order by params.lr', '--columns', 'params.lr,min(metrics.loss)');
  await ask('compare', 'a', 'b');
  await ask('best', 'digits', 'loss');
  await ask('sensitivity', 'digits', 'loss');
  await ask('show', 'a');
  await ask('show', 'nobody');
  await ask('metrics', 'a', 'loss');
  await ask('metrics', 'a', 'odd');
  await ask('metrics', 'a', 'loss', '--max-points', '2');
  await ask('metrics', 'a', 'loss', '--by', 'relative');
  await ask('metrics', 'a', 'loss', '--aggregate', 'mean');
  await ask('logs', 'c');
  await ask('export', 'a', '--format', 'events', '--output', file('a.xtrack'));
  await ask('inspect', file('a.xtrack'));
  await ask('replay', file('a.xtrack'), '--run-id', 'copy');
  await ask('verify', 'a');
  await ask('delete', 'copy');
  await ask('restore', 'copy');
  await ask('gc', '--dry-run');
  await ask('delete', 'copy', '--purge', '--yes');
  await askShape('gc');
  await ask('backup', file('copy.db'));
  await ask('migrate', '--from', cli.directory, '--to', file('elsewhere'));
  await ask('keys', 'create', 'ci', '--scope', 'write', '--experiment', 'digits');
  await ask('keys', 'list');
  await askShape('doctor');
  await ask('top');
  await askShape('run', '--run-id', 'said', '--', 'echo', 'hello');

  const serving = cli.start('serve', '--json', '--port', '0', '--http-port', '0');
  await serving.says(/\}\n/);
  note(['serve'], { code: 0, signal: null, stdout: serving.stdout, stderr: '' }, shapeOf);
  const training = cli.start('run', '--run-id', 'live', '--', 'python3', TRAIN, '--epochs', '100000');
  await training.says(/train_loss=/);
  await askShape('top');
  await askShape('command', 'live', 'pause');
  await askShape('set', 'live', 'lr=0.004');
  await askShape('stop', 'live');
  await training.ended;

  const commands = (await cli.run('--help')).stdout.matchAll(/^ {2}(\w+) (?:\[|<|\w)/gm);
  expect([...commands].map(([, name]) => name).filter((name) => !asked.has(name as string) && !WITHOUT.includes(name as string))).toEqual(
    [],
  );
  const now = `${said.join('\n\n')}\n`;
  if (process.env.XTRACK_WRITE_CLI_JSON === '1') writeFileSync(WRITTEN, now);
  expect(now.split('\n')).toEqual(readFileSync(WRITTEN, 'utf8').split('\n'));
});

/** What is after -- belongs to somebody else. */
function withJson(args: readonly string[]): string[] {
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  return [...args.slice(0, end), '--json', ...args.slice(end)];
}

/** One value, or one a line. */
function readAll(text: string): unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  }
}

function withoutPlaces(text: string): string {
  return text.replaceAll(cli.directory, 'DATA');
}

const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;
/** What tells keys apart, and a key. */
const KEYS = /^[0-9a-f]{12}$|^xtk_[\w-]+$/;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
/** Sizes of files. */
const VARIED = new Set(['bytes', 'before', 'after']);

function settled(value: unknown, name = ''): unknown {
  if (typeof value === 'object' && value !== null) {
    if (Array.isArray(value)) return value.map((one) => settled(one));
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, settled(member, key)]));
  }
  if (VARIED.has(name) && typeof value === 'number') return 'a number';
  if (typeof value === 'number') return value > BEGIN + 3_600_000_000 ? 'µs' : value;
  if (typeof value !== 'string') return value;
  if (name === 'incarnation' && !value.startsWith('inc-')) return 'of a control plane';
  if (TIME.test(value)) return Date.parse(value) * 1_000 > BEGIN + 3_600_000_000 ? 'a time' : value;
  return withoutPlaces(value).replace(KEYS, 'a key').replace(UUID, 'an id');
}

/** Fields with the kinds of their values; of a list the first one. */
function shapeOf(value: unknown): unknown {
  if (value === null) return null;
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value !== 'object') return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, shapeOf(member)]));
}
