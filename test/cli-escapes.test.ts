// No command lets a stranger's text move the cursor, set the title, hide or reorder text: in a terminal and in a pipe, for every command there is.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeEvent } from '../src/protocol/encode.js';
import type { TrackEvent } from '../src/protocol/events.js';
import { CommandLine, type Outcome, type Started } from './cli-harness.js';

/** Clears the screen, sets the title, hides text, goes back, reorders, in seven- and eight-bit forms. */
const EVIL = 'a\u001b[2J\u001b]0;own\u0007\u001b[8m\u009b2J\u009d0;own\u009c\b\u007f\u0000\rb\u202ec\u2066d';
const RUNS = ['evil-one', 'evil-two'];
/** In a terminal, what the pages of `top` and `run` are drawn with. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const DRAWING = /\u001b\[(?:\?(?:25|7|1049|2026|1)[hl]|\d*;?\d*H|\d*A\r|[JK])|\u001b[=>]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const COLOURS = /\u001b\[(?:[0-2]|2[2-4]|[34][0-9]|9[0-7])m/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const LEFT = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

function eventsOf(runId: string, at: number): TrackEvent[] {
  const base = (seq: number) => ({ runId, worker: `w${EVIL}`, incarnation: 'i', seq, ts: 1_700_000_000_000_000 + seq });
  const bodies: object[] = [
    {
      type: 'run_start',
      name: EVIL,
      experimentId: `exp${EVIL}`,
      tags: { [`tag${EVIL}`]: EVIL + at },
      source: { gitBranch: EVIL + at, gitRepo: EVIL, entrypoint: EVIL + at },
      environment: { hostname: EVIL + at, platform: EVIL, packages: { [EVIL]: EVIL + at } },
    },
    { type: 'param', key: `param${EVIL}`, value: EVIL + at },
    { type: 'param', key: 'lr', value: 0.1 + at },
    { type: 'metric', key: `metric${EVIL}`, value: at, step: 1 },
    { type: 'metric', key: 'loss', value: at, step: 1 },
    { type: 'log', level: 'error', message: `${EVIL}\n${EVIL}`, logger: EVIL, fields: { [EVIL]: EVIL } },
    { type: 'log', level: 'info', message: EVIL, logger: 'stdout' },
    { type: 'status', status: 'training', message: EVIL, progress: { current: 1, total: 2, unit: EVIL } },
    { type: 'artifact', path: `/tmp/${EVIL}`, kind: EVIL, name: EVIL, metadata: { [EVIL]: EVIL } },
    { type: 'checkpoint', step: 1, path: `/tmp/${EVIL}`, metrics: { [EVIL]: 1 }, isBest: true, bestKey: EVIL },
    { type: 'gap', from: 100, to: 101, reason: EVIL, counts: { [EVIL]: 1 } },
    { type: 'run_end', status: 'failed', error: { type: EVIL, message: EVIL, traceback: EVIL } },
  ];
  return bodies.map((body, index) => ({ ...base(index + 1), ...body }) as TrackEvent);
}

/** What each command is asked, several times where it has several pages. A new command has to be added here. */
const ASKED: Record<string, (folder: string) => string[][]> = {
  run: () => [
    ['--name', EVIL, '--tag', `t${EVIL}=${EVIL}`, '--', process.execPath, '-e', '0'],
    ['--', `/nowhere/${EVIL}`],
  ],
  serve: () => [
    ['--token-file', `/nowhere/${EVIL}`],
    ['--port', EVIL],
  ],
  demo: () => [['--port', EVIL]],
  top: () => [[EVIL]],
  list: () => [[], ['--json']],
  search: () => [[`params.lr > 0`], [`name = '${EVIL}' and and`], ['params.lr > 0', '--json']],
  compare: () => [RUNS, [...RUNS, '--json']],
  best: () => [['loss'], [`metric${EVIL}`], ['loss', '--json']],
  sensitivity: () => [['loss'], ['loss', '--json']],
  show: () => [[RUNS[0] as string], [RUNS[0] as string, '--json'], [EVIL]],
  metrics: () => [[RUNS[0] as string], [RUNS[0] as string, `metric${EVIL}`], [RUNS[0] as string, 'loss'], [RUNS[0] as string, '--json']],
  logs: () => [[RUNS[0] as string], [RUNS[0] as string, '--json']],
  stop: () => [[RUNS[0] as string], [EVIL]],
  command: () => [
    [RUNS[0] as string, EVIL],
    [EVIL, 'pause'],
  ],
  set: () => [
    [RUNS[0] as string, `lr=${EVIL}`],
    [EVIL, 'lr=1'],
  ],
  mcp: () => [[EVIL]],
  export: () => [[RUNS[0] as string, '--format', 'csv', '--what', 'logs'], [EVIL]],
  replay: (folder) => [[join(folder, 'evil.xtf')], [EVIL]],
  inspect: (folder) => [[join(folder, 'evil.xtf')], [EVIL]],
  delete: () => [[EVIL], ['evil-none', EVIL]],
  restore: () => [[EVIL]],
  keys: () => [['list'], ['create', EVIL], ['create', 'k', '--scope', EVIL], ['revoke', EVIL]],
  gc: () => [['--dry-run'], [EVIL]],
  backup: () => [[`/nowhere/${EVIL}`]],
  verify: () => [['--all'], RUNS, [EVIL]],
  doctor: () => [[], [EVIL]],
  migrate: () => [['--from', EVIL, '--to', EVIL]],
};

/** These start something, read what is typed or draw over the screen: each has a process for itself. */
const ALONE = ['run', 'serve', 'demo', 'mcp', 'top'];
const MANY = fileURLToPath(new URL('./fixtures/many-commands.mjs', import.meta.url));
const MARK = '=== the next command ===';
const NAMES = Object.keys(ASKED);

interface Answer {
  readonly name: string;
  readonly args: readonly string[];
  readonly stdout: string;
  readonly stderr: string;
}

let xtrack: CommandLine;
/** What each command that has no process for itself answers. */
let piped: readonly Answer[];
let shown: readonly Answer[];

const questions = (name: string): string[][] => (ASKED[name]?.(xtrack.directory) ?? []).map((args) => args.map(forArgv));

beforeAll(async () => {
  xtrack = new CommandLine();
  const frames = RUNS.flatMap((runId, at) => eventsOf(runId, at)).map(encodeEvent);
  writeFileSync(join(xtrack.directory, 'evil.xtf'), Buffer.concat(frames));
  const { code, stderr } = await xtrack.run('replay', join(xtrack.directory, 'evil.xtf'));
  expect([code, stderr]).toEqual([0, '']);
  const together = NAMES.filter((name) => !ALONE.includes(name)).flatMap((name) => questions(name).map((args) => [name, ...args]));
  const file = join(xtrack.directory, 'commands.json');
  writeFileSync(file, JSON.stringify({ mark: MARK, commands: together }));
  const line = `"${process.execPath}" "${MANY}" "${file}"`;
  const answers = ({ code: end, stdout, stderr: errors }: Outcome): Answer[] => {
    const [out, err] = [stdout, errors].map((text) => text.split(new RegExp(`^${MARK}\\r*\\n`, 'm')).slice(1));
    expect([end, out?.length], errors).toEqual([0, together.length]);
    return together.map(([name = '', ...args], at) => ({ name, args, stdout: out?.[at] ?? '', stderr: err?.[at] ?? '' }));
  };
  piped = answers(await xtrack.shell(`${line} < /dev/null`));
  shown = answers(await xtrack.shellInTerminal(100, 40, `exec ${line}`).ended);
});

afterAll(() => xtrack.remove());

describe('the command line', () => {
  it('has a question for every command here', async () => {
    const { stdout } = await xtrack.run('--help');
    const listed = [...stdout.slice(stdout.indexOf('Commands:')).matchAll(/^ {2}([a-z]+)[ |]/gm)].map((found) => found[1] ?? '');
    expect(listed.length).toBeGreaterThan(20);
    expect(listed.filter((name) => name !== 'help' && !NAMES.includes(name))).toEqual([]);
  });

  it.each(NAMES)('%s is harmless in a pipe', async (name) => {
    const answers = ALONE.includes(name)
      ? await askAlone(name, (...args) => xtrack.start(...args))
      : piped.filter((one) => one.name === name);
    expect(answers).toHaveLength(questions(name).length);
    for (const { args, stdout, stderr } of answers) {
      expect(stdout.length + stderr.length, args.join(' ')).toBeGreaterThan(['run', 'mcp', 'keys'].includes(name) ? -1 : 0);
      // Data is exact in a pipe.
      const text = name === 'export' ? stderr : stdout + stderr;
      expect(text.replace(COLOURS, '').match(LEFT), `${name} ${JSON.stringify(args)}: ${JSON.stringify(text)}`).toBeNull();
    }
  });

  it.each(NAMES)('%s is harmless in a terminal', async (name) => {
    const answers = ALONE.includes(name)
      ? await askAlone(name, (...args) => xtrack.inTerminal(100, 40, ...args))
      : shown.filter((one) => one.name === name);
    expect(answers).toHaveLength(questions(name).length);
    for (const { args, stdout, stderr } of answers) {
      const text = (stdout + stderr)
        .replace(/\r+\n/g, '\n')
        .replace(DRAWING, '')
        .replace(COLOURS, '')
        .replace(/\r$|\r(?=\n)/g, '');
      expect(text.match(LEFT), `${name} ${JSON.stringify(args)}: ${JSON.stringify(text)}`).toBeNull();
    }
  });

  it('writes through one printer: no other file of it speaks to a stream by itself', () => {
    const folder = fileURLToPath(new URL('../src/cli/', import.meta.url));
    // The printer, the two that draw pages of harmless lines, a script’s own output, and a line of numbers that is drawn over.
    const allowed = ['output.ts', 'terminal/full-screen.ts', 'terminal/live-view.ts', 'run-view.ts', 'commands/data/migrate.ts'];
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /(?<!\.test)\.ts$/.test(name));
    const speaking = files.filter((name) => /\.write\(|console\.|writeSync/.test(readFileSync(join(folder, name), 'utf8')));
    expect(speaking.filter((name) => !allowed.includes(name))).toEqual([]);
  });
});

async function askAlone(name: string, start: (...args: string[]) => Started): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const args of questions(name)) {
    const started = start(name, ...args);
    started.child.stdin?.end();
    answers.push({ name, args, ...(await started.ended) });
  }
  return answers;
}

/** NUL ends an argument; the system takes none. */
function forArgv(text: string): string {
  return text.replaceAll('\u0000', '');
}
