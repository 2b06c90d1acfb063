// The command line as a script or a person meets it: one process a command, its streams and its exit code.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWriter } from '../src/storage/sqlite/driver.js';
import { CommandLine, MAIN, WORKER } from './cli-harness.js';

const cli = new CommandLine();

interface Details {
  readonly runId: string;
  readonly status: string;
  readonly [field: string]: unknown;
}

const node = (script: string): string[] => [process.execPath, '-e', script];

beforeAll(async () => {
  const worker = ['python3', WORKER, '6', '0'];
  const done = await cli.run(
    'run',
    '--run-id',
    'tracked',
    '--name',
    'the name',
    '--experiment',
    'exp',
    '--tag',
    'team=red',
    '--',
    ...worker,
  );
  expect(done).toMatchObject({ code: 0 });
});

afterAll(() => cli.remove());

describe('xtrack run', () => {
  it("passes the script's stdout and stderr through, and speaks itself on stderr alone", async () => {
    const { code, stdout, stderr } = await cli.run(
      'run',
      '--',
      ...node('console.log("out 1"); console.error("err"); console.log("out 2")'),
    );
    expect(code).toBe(0);
    expect(stdout).toBe('out 1\nout 2\n');
    expect(stderr.split('\n')).toContain('err');
    expect(stderr).toMatch(/^xtrack: .*completed run/m);
  });

  it.each([
    ['process.exit(7)', 7],
    ['process.kill(process.pid, "SIGKILL")', 137],
    ['process.kill(process.pid, "SIGTERM")', 143],
  ])('exits as the child does: %s', async (script, code) => {
    expect((await cli.run('run', '--', ...node(script))).code).toBe(code);
  });

  it.each([
    ['said that all went well', 'run.end()\nimport os; os._exit(4)', 4],
    ['raised SystemExit', 'raise SystemExit(3)', 3],
    ['left by sys.exit', 'sys.exit(5)', 5],
  ])('records a run as failed whose script %s and ended with another code than 0', async (_, last, code) => {
    const script = `import sys, xtrack\nrun = xtrack.start_run()\nrun.log_metric('a', 1)\n${last}`;
    expect((await cli.run('run', '--run-id', `left-${code}`, '--', 'python3', '-c', script)).code).toBe(code);
    const shown = await cli.json('show', `left-${code}`);
    expect(shown).toMatchObject({ status: 'failed', exit: { code } });
  });

  it('exits with 127 when the command cannot be started', async () => {
    const { code, stderr } = await cli.run('run', '--', '/does/not/exist');
    expect(code).toBe(127);
    expect(stderr).toMatch(/^xtrack: XT_SPAWN: /m);
  });

  it('leaves every word after -- to the command, and gives it --env and --cwd', async () => {
    const script = 'console.log(JSON.stringify([process.argv.slice(1), process.env.ONE, process.cwd()]))';
    const options = ['--env', 'ONE=a=b', '--cwd', '/'];
    const { stdout } = await cli.run('run', ...options, '--', ...node(script), '--', '--json', '--name', 'x');
    expect(JSON.parse(stdout)).toEqual([['--json', '--name', 'x'], 'a=b', '/']);
  });

  it('samples the machine as often as it is told, or not at all', async () => {
    const sleeper = node('setTimeout(() => 0, 600)');
    const on = await cli.run('run', '--system-metrics', '0.05', '--json', '--', ...sleeper);
    const series = (JSON.parse(on.stdout) as { metrics: { key: string }[] }).metrics;
    expect(series.map(({ key }) => key)).toContain('system/process_memory_bytes');
    const off = await cli.run('run', '--no-system-metrics', '--json', '--', ...sleeper);
    expect(JSON.parse(off.stdout)).toMatchObject({ status: 'completed', metrics: [] });
    expect((await cli.run('run', '--system-metrics', 'often', '--', 'true')).stderr).toContain('XT_ARGUMENT');
  });

  it('prints the final run with --json, and nothing else on stdout', async () => {
    const { code, stdout, stderr } = await cli.run('run', '--json', '--', ...node('console.log("chatter"); process.exit(3)'));
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'failed', exit: { code: 3, signal: null } });
    expect(stderr).toContain('chatter');
  });

  it('stops the run gracefully on the first signal, and tells so', async () => {
    const run = cli.start('run', '--run-id', 'graceful', '--', 'python3', WORKER, '1000', '0.05');
    await run.says(/training run/);
    run.child.kill('SIGINT');
    expect((await run.ended).code).toBe(0);
    expect(run.stderr).toContain('a second signal kills it');
    expect(await cli.json<Details>('show', 'graceful')).toMatchObject({ exit: { code: 0 } });
  });

  it('kills it on the second', async () => {
    const run = cli.start(
      'run',
      '--',
      ...node('process.on("SIGTERM", () => console.log("no")); setInterval(() => 0, 1000); console.log("up")'),
    );
    await run.says(/^up/m);
    run.child.kill('SIGINT');
    await run.says(/^no/m);
    run.child.kill('SIGINT');
    expect((await run.ended).code).toBe(137);
  });

  it('outlives a reader that closes the pipe: the run goes on to its end', async () => {
    const script = 'for (let n = 0; n < 2000; n += 1) console.log("line " + n); setTimeout(() => process.exit(5), 200)';
    const { stdout } = await cli.shell(
      `xtrack run --run-id piped -- "${process.execPath}" -e '${script}' 2>&1 | head -3; echo \${PIPESTATUS[0]}`,
    );
    expect(stdout.trim().split('\n').at(-1)).toBe('5');
    expect(await cli.json('show', 'piped')).toMatchObject({ status: 'failed', exit: { code: 5 } });
  });

  it('refuses a run id that is taken', async () => {
    const { code, stderr } = await cli.run('run', '--run-id', 'tracked', '--', 'true');
    expect([code, stderr]).toEqual([2, expect.stringContaining('XT_RUN_EXISTS')]);
  });
});

describe('questions', () => {
  it('list --json has the stable shape, newest first, and filters', async () => {
    const [run, ...others] = await cli.json<Details[]>('list', '--tag', 'team=red', '--experiment', 'exp', '--status', 'completed,failed');
    expect(others).toEqual([]);
    expect(run).toEqual({
      runId: 'tracked',
      name: 'the name',
      status: 'completed',
      experimentId: 'exp',
      startedAt: expect.stringMatching(/Z$/),
      endedAt: expect.stringMatching(/Z$/),
      tags: { team: 'red' },
    });
    expect(await cli.json('list', '--limit', '1')).toHaveLength(1);
    expect(await cli.json('list', '--tag', 'team=blue')).toEqual([]);
  });

  it('list prints a table with a heading', async () => {
    const { stdout } = await cli.run('list', '--tag', 'team=red');
    expect(stdout).toMatch(/^RUN +STATUS +NAME.*\ntracked +completed +the name +exp /);
  });

  it('show --json has params flat, the latest of every series, and the rest', async () => {
    const run = await cli.json<Details>('show', 'track');
    expect(run).toMatchObject({
      runId: 'tracked',
      status: 'completed',
      params: { lr: 0.1, 'model.depth': 3 },
      gaps: [],
      warnings: [],
      artifacts: [],
      checkpoints: [],
      progress: { current: 6, total: 6, unit: 'step' },
      exit: { code: 0 },
      environment: { pythonVersion: expect.any(String) },
    });
    const series = { worker: '', aggregation: null, step: 5, ts: expect.any(Number), count: 6 };
    expect(run.metrics).toEqual([
      { ...series, key: 'acc', phase: null, epoch: null, value: 5 / 6, min: 0, max: 5 / 6 },
      { ...series, key: 'loss', phase: 'train', epoch: 2, value: 1 / 6, min: 1 / 6, max: 1 },
      { ...series, key: 'odd', phase: 'train', epoch: 2, value: 'NaN', min: null, max: null },
    ]);
  });

  it('show prints what there is to see', async () => {
    const { stdout } = await cli.run('show', 'tracked');
    for (const part of ['the name', 'team=red', 'model.depth = 3', 'code 0']) expect(stdout).toContain(part);
    expect(stdout).toMatch(/^loss +train +- +5 +0\.16667/m);
  });

  it('metrics --json gives every point in order, and buckets with --max-points', async () => {
    const points = await cli.json<object[]>('metrics', 'tracked', 'loss');
    expect(points).toHaveLength(6);
    expect(points[1]).toEqual({ step: 1, epoch: 0, ts: expect.any(Number), value: 0.5, worker: '', phase: 'train' });
    expect(await cli.json('metrics', 'tracked', 'odd', '--from', '5')).toMatchObject([{ step: 5, value: 'NaN' }]);
    expect(await cli.json('metrics', 'tracked', 'acc', '--from', '1', '--to', '3')).toMatchObject([
      { step: 1, epoch: null, phase: null },
      { step: 2 },
      { step: 3 },
    ]);
    const buckets = await cli.json<{ count: number }[]>('metrics', 'tracked', 'loss', '--max-points', '2');
    expect(buckets.length).toBeLessThanOrEqual(2);
    expect(buckets.reduce((sum, { count }) => sum + count, 0)).toBe(6);
  });

  it('metrics draws a plot and the ends of the table', async () => {
    const { stdout } = await cli.run('metrics', 'tracked', 'loss', '--plot');
    expect(stdout).toMatch(/^train · loss {2}6 points\n *1 ┤[\u2800-\u28ff]+$/m);
    expect(stdout).toMatch(/^ +5 +0\.16667$/m);
  });

  it('logs has what was logged and what was printed, as text and as JSON lines', async () => {
    const { stdout } = await cli.run('logs', 'tracked');
    expect(stdout).toMatch(/^\S+Z info a log line$/m);
    expect(stdout).toContain('to stdout \u241b[31mred\u241b[0m\nstep 1\n');
    const lines = (await cli.run('logs', 'tracked', '--json')).stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines).toContainEqual(expect.objectContaining({ logger: 'stderr', message: 'to stderr' }));
  });

  it('logs --follow ends with the run, and has every line', async () => {
    const run = cli.start(
      'run',
      '--run-id',
      'followed',
      '--',
      ...node('let n = 0; const t = setInterval(() => { console.log("n " + ++n); if (n === 20) clearInterval(t) }, 30)'),
    );
    await run.says(/^n 1$/m);
    const { stdout } = await cli.run('logs', 'followed', '--follow');
    expect(stdout.trim().split('\n')).toEqual(Array.from({ length: 20 }, (_, at) => `n ${at + 1}`));
    await run.ended;
  });
});

describe('event logs', () => {
  it('export, inspect and replay: the same bytes, readable, and the same run in another store', async () => {
    const file = join(cli.directory, 'tracked.xtf');
    expect(await cli.json('export', 'tracked', '-o', file)).toMatchObject({ runId: 'tracked' });
    const other = new CommandLine();
    const report = await other.json<{ runIds: string[]; truncated: unknown }>('replay', file);
    expect(report).toMatchObject({ runIds: ['tracked'], refused: 0, skippedBytes: 0, truncated: null });
    const again = join(other.directory, 'again.xtf');
    await other.run('export', 'tracked', '-o', again);
    expect(readFileSync(again).equals(readFileSync(file))).toBe(true);
    expect(await other.json('metrics', 'tracked', 'loss')).toEqual(await cli.json('metrics', 'tracked', 'loss'));
    expect((await other.run('replay', file, '--run-id', 'renamed', '--speed', '1000x')).stdout).toMatch(/^\d+ events .* of run renamed\n$/);
    other.remove();
  });

  it('export -o - writes the bytes to stdout', async () => {
    const { stdout } = await cli.shell('xtrack export tracked -o - | head -c 4 | od -An -tx1');
    expect(stdout).toMatch(/^ 00 00 0/);
  });

  it('inspect shows frames, refusals and damage as JSON lines', async () => {
    const frame = (json: string): Buffer => Buffer.concat([Buffer.from([0, 0, json.length >> 8, json.length & 255]), Buffer.from(json)]);
    const file = join(cli.directory, 'damaged.xtf');
    const metric = '{"v":1,"t":"metric","m":{"seq":1,"ts":1},"p":{"run_id":"r","key":"__proto__","value":"NaN"}}';
    const whole = [frame(metric), Buffer.from('printed by the script\n'), frame(metric.replace('"key":"__proto__",', '')), frame(metric)];
    writeFileSync(file, Buffer.concat([...whole, frame(metric).subarray(0, 30)]));
    const { code, stdout } = await cli.run('inspect', file);
    expect(code).toBe(0);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string });
    expect(lines[0]).toMatchObject({ kind: 'event', type: 'metric', runId: 'r', seq: 1, key: '__proto__', value: 'NaN' });
    expect(lines).toContainEqual(expect.objectContaining({ kind: 'refused', code: 'XT_FIELD_REQUIRED', field: 'p.key' }));
    expect(lines).toContainEqual(expect.objectContaining({ kind: 'skipped', offset: frame(metric).length, length: 22 }));
    expect(lines.at(-1)).toMatchObject({ kind: 'skipped', code: 'XT_FRAME_TRUNCATED', length: 30 });
  });
});

describe('xtrack delete', () => {
  it('asks before it deletes for good: without a terminal it needs --yes', async () => {
    await cli.run('run', '--run-id', 'doomed', '--', 'true');
    const { code, stderr } = await cli.run('delete', 'doomed', '--purge');
    expect([code, stderr]).toEqual([2, expect.stringContaining('--yes')]);
    expect(await cli.json('delete', 'doomed', '--purge', '--yes')).toEqual({ deleted: ['doomed'] });
    expect((await cli.run('show', 'doomed')).code).toBe(4);
  });
});

describe('xtrack verify', () => {
  it('finds the run of a process as its log says; exit code 1 where a run differs, and 0 once it is repaired', async () => {
    expect(await cli.run('verify', 'tracked')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ok {4}tracked/) });
    const connection = openWriter(join(cli.directory, 'xtrack.db'));
    connection.exec("UPDATE runs SET record = json_set(record, '$.counts.metric', 7) WHERE run_id = 'tracked'");
    connection.close();
    const { code, stdout } = await cli.run('verify', 'tracked', '--json');
    expect([code, JSON.parse(stdout).runs[0].findings]).toEqual([1, [expect.objectContaining({ code: 'XT_VERIFY_COUNTS' })]]);
    const { stdout: told, ...repaired } = await cli.run('verify', 'tracked', '--repair');
    expect(repaired).toMatchObject({ code: 0, stderr: '' });
    expect(told).toMatch(/^ok {4}tracked.*\n +repaired {2}XT_VERIFY_COUNTS .*\n1 runs, 1 repaired, all as their event logs say\n$/);
    expect((await cli.run('verify', 'tracked')).code).toBe(0);
  });

  it('repairs no run that somebody holds: exit code 5 where it was named', async () => {
    const held = cli.start('run', '--run-id', 'held', '--', ...node('console.log("up"); setInterval(() => 0, 1000)'));
    await held.says(/^up$/m);
    const { code, stdout } = await cli.run('verify', 'held', '--repair');
    expect([code, stdout]).toEqual([5, expect.stringMatching(/not repaired {2}XT_RUN_OWNED/)]);
  });
});

describe('what goes wrong', () => {
  it.each([
    ['an unknown command', ['frobnicate'], 2, 'XT_ARGUMENT'],
    ['an unknown option', ['list', '--frobnicate'], 2, 'XT_ARGUMENT'],
    ['a missing argument', ['metrics', 'tracked'], 2, 'XT_ARGUMENT'],
    ['run without a command', ['run', '--name', 'x'], 2, 'XT_ARGUMENT'],
    ['a tag without =', ['run', '--tag', 'x', '--', 'true'], 2, 'XT_ARGUMENT'],
    ['a limit that is no number', ['list', '--limit', 'many'], 2, 'XT_ARGUMENT'],
    ['a bad run id', ['run', '--run-id', '../x', '--', 'true'], 2, 'XT_RUN_ID'],
    ['an unknown run', ['show', 'nobody'], 4, 'XT_RUN_NOT_FOUND'],
    ['an unknown metric', ['metrics', 'tracked', 'nothing'], 4, 'XT_METRIC_NOT_FOUND'],
    ['an unknown phase', ['metrics', 'tracked', 'loss', '--phase', 'dusk'], 2, 'XT_ARGUMENT'],
    ['a speed that is none', ['replay', MAIN, '--speed', 'warp'], 2, 'XT_ARGUMENT'],
    ['a file that is not there', ['replay', '/does/not/exist'], 3, 'XT_FILE'],
    ['a file that is not there', ['inspect', '/does/not/exist'], 3, 'XT_FILE'],
    ['an export into nowhere', ['export', 'tracked', '-o', '/does/not/exist'], 3, 'XT_FILE'],
    ['an unknown kind of command', ['command', 'tracked', 'dance'], 2, 'XT_ARGUMENT'],
    ['a payload that is no JSON', ['command', 'tracked', 'custom', '--payload', '{'], 2, 'XT_ARGUMENT'],
    ['a command for a run that nobody has', ['command', 'tracked', 'pause'], 5, 'XT_RUN_NOT_LIVE'],
    ['a data directory without data', ['list', '--data', '/does/not/exist'], 3, 'XT_STORE_OPEN'],
    ['a host that the world can reach, without a token', ['serve', '--host', '0.0.0.0', '--port', '0'], 2, 'XT_INSECURE_BIND'],
  ])('%s', async (_what, args, exit, code) => {
    const outcome = await cli.run(...args);
    expect(outcome).toMatchObject({ code: exit, stdout: '' });
    expect(outcome.stderr).toMatch(new RegExp(`^xtrack: ${code}: .+; .+\n$`));
  });

  it.each([
    ['metrics tracked nothing', 4, 'XT_METRIC_NOT_FOUND', 'key'],
    ['list --limit many', 2, 'XT_ARGUMENT', '--limit'],
    ['list --frobnicate', 2, 'XT_ARGUMENT', null],
  ])('%s --json says it in JSON, on stderr', async (line, exit, code, field) => {
    const outcome = await cli.run(...line.split(' '), '--json');
    expect(outcome).toMatchObject({ code: exit, stdout: '' });
    expect(JSON.parse(outcome.stderr)).toEqual({ error: { code, message: expect.any(String), field, remedy: expect.any(String) } });
  });

  it('no command at all shows the help, on stderr, and is an error', async () => {
    expect(await cli.run()).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/^Usage: xtrack/) });
  });

  it('a closed pipe ends a query quietly', async () => {
    const { stdout, stderr } = await cli.shell(
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's
      'for n in 1 2 3; do xtrack show tracked --json; done | true; xtrack logs piped | head -1; echo ${PIPESTATUS[@]}',
    );
    expect(stderr).toBe('');
    expect(stdout).toBe('line 0\n0 0\n');
  });

  it('--help and --version go to stdout and exit with 0', async () => {
    expect(await cli.run('--help')).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('Exit codes') });
    expect(await cli.run('run', '--help')).toMatchObject({ code: 0, stderr: '' });
    expect((await cli.run('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
