// Series as a person or a script meets them: plots on a terminal, tables in a pipe, and exports that other tools read.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { textWidth } from '../src/cli/terminal/text.js';
import { openSqliteStore } from '../src/storage/sqlite/store.js';
import { SampleRun, sampleRecord } from '../src/testing/sample-run.js';
import { CommandLine } from './cli-harness.js';

const cli = new CommandLine();
const BRAILLE = /[\u2801-\u28ff]/;
const START = 1_700_000_000_000_000;

beforeAll(async () => {
  const store = await openSqliteStore({ directory: cli.directory });
  const run = new SampleRun('r1');
  for (let seq = 1; seq <= 2_000; seq++)
    for (const worker of ['0', '1'])
      run.metric({ seq, worker, step: seq, ts: START + seq * 1e6, value: seq === 1_234 ? 50 : 1 / seq + Number(worker) });
  for (let seq = 1; seq <= 20; seq++) run.metric({ seq: 5_000 + seq, key: 'acc', ts: START + seq * 1e6, value: seq });
  for (let step = 1; step <= 10; step++) run.metric({ seq: step, incarnation: 'a', key: 'resumed', step, value: step });
  for (let step = 6; step <= 12; step++) run.metric({ seq: step, incarnation: 'b', key: 'resumed', step, value: -step });
  run.param({ seq: 6_000, key: 'note', value: '=1+1' }).log({ seq: 6_001, message: 'hello' });
  await store.commit(run.take({ runs: [sampleRecord('r1', { experimentId: 'exp', startedAt: START, createdAt: START })] }));
  await store.commit(
    new SampleRun('r2')
      .metric({ seq: 1, key: 'acc', value: 7 })
      .take({ runs: [sampleRecord('r2', { experimentId: 'exp', createdAt: START - 1 })] }),
  );
  await store.close();
});

afterAll(() => cli.remove());

describe('xtrack metrics', () => {
  it.each([40, 80])('draws a plot on a terminal %i cells wide, in which the spike shows', async (width) => {
    const { code, stdout } = await cli.inTerminal(width, 30, 'metrics', 'r1', 'loss', '--worker', '1').ended;
    expect(code).toBe(0);
    const lines = stripVTControlCharacters(stdout).split(/\r?\n/);
    for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width);
    expect(lines.find((line) => line.includes('50 ┤'))).toMatch(BRAILLE);
    expect(lines.find((line) => line.includes('step'))).toMatch(/step +1 .*2000$/);
  });

  it('draws several series in one plot where there are colours, and a plot each where there are none', async () => {
    const plots = (text: string): number => text.split('└').length - 1;
    expect(plots((await cli.inTerminal(80, 30, 'metrics', 'r1', 'loss').ended).stdout)).toBe(2);
    const coloured = new CommandLine().with({ XTRACK_DATA: cli.directory, NO_COLOR: '', FORCE_COLOR: '1' });
    const { stdout } = await coloured.inTerminal(80, 30, 'metrics', 'r1', 'loss').ended;
    coloured.remove();
    expect(plots(stdout)).toBe(1);
    expect(stripVTControlCharacters(stdout)).toMatch(/━ loss · worker 0 .*\r?\n━ loss · worker 1 /);
  });

  it('is a table in a pipe, and a plot there only where it is asked for', async () => {
    const piped = await cli.run('metrics', 'r1', 'loss', '--worker', '0');
    expect(piped.stdout).toMatch(/^loss · worker 0 {2}2000 points\nSTEP +VALUE\n/);
    expect(piped.stdout).not.toMatch(BRAILLE);
    expect((await cli.run('metrics', 'r1', 'loss', '--worker', '0', '--plot')).stdout).toMatch(BRAILLE);
    expect((await cli.inTerminal(80, 30, 'metrics', 'r1', 'loss', '--no-plot').ended).stdout).not.toMatch(BRAILLE);
  });

  it('lays a metric without steps out along the time since the start', async () => {
    expect((await cli.run('metrics', 'r1', 'acc', '--plot')).stdout).toMatch(/^ *secs {2}1 .*20$/m);
    const rows = await cli.json<{ x: number }[]>('metrics', 'r1', 'acc', '--by', 'relative', '--from', '3', '--to', '5');
    expect(rows.map(({ x }) => x)).toEqual([3, 4, 5]);
  });

  it('merges workers, and shows what a restart superseded only where it is asked for', async () => {
    const [merged] = await cli.json<object[]>('metrics', 'r1', 'loss', '--aggregate', 'mean', '--from', '1', '--to', '2');
    expect(merged).toMatchObject({ firstStep: 1, value: 1.5, min: 1, max: 2, count: 2, workers: 2 });
    const values = async (...more: string[]) =>
      (await cli.json<{ value: number }[]>('metrics', 'r1', 'resumed', ...more)).map(({ value }) => value);
    expect(await values()).toEqual([1, 2, 3, 4, 5, -6, -7, -8, -9, -10, -11, -12]);
    expect(await values('--superseded', 'only')).toEqual([6, 7, 8, 9, 10]);
    const [row] = await cli.json<object[]>('metrics', 'r1', 'resumed', '--superseded', 'only');
    expect(row).toMatchObject({ step: 6, superseded: true, incarnation: 'a' });
  });
});

describe('xtrack export', () => {
  it('writes tables as CSV, JSON lines and Parquet', async () => {
    const file = join(cli.directory, 'acc.parquet');
    const said = await cli.json('export', 'r1', '--format', 'parquet', '--metrics', 'acc', '-o', file);
    expect(said).toEqual({ runId: 'r1', file, bytes: readFileSync(file).length });
    const rows = await parquetReadObjects({ file: new Uint8Array(readFileSync(file)).buffer });
    expect(rows.map(({ value }) => value)).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
    expect((await cli.run('export', 'r1', '--what', 'params', '-o', '-')).stdout).toBe("run_id,key,value\nr1,note,'=1+1\n");
    const lines = (await cli.run('export', 'r1', '--what', 'logs', '--format', 'jsonl', '-o', '-')).stdout.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([{ run_id: 'r1', message: 'hello' }]);
  });

  it('takes all runs of an experiment, told apart by a column', async () => {
    const { stdout } = await cli.run('export', '--experiment', 'exp', '--metrics', 'acc', '-o', '-');
    const ids = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(',')[0]);
    expect(ids).toEqual(['run_id', ...new Array<string>(20).fill('r1'), 'r2']);
  });

  it.each([
    ['neither a run nor an experiment', [], 2],
    ['both', ['r1', '--experiment', 'exp'], 2],
    ['a table of the event log', ['r1', '--format', 'events', '--what', 'params'], 2],
    ['an unknown format', ['r1', '--format', 'xls'], 2],
    ['an experiment without runs', ['--experiment', 'none'], 4],
  ])('refuses %s', async (_what, args, code) => {
    expect((await cli.run('export', ...args, '-o', '-')).code).toBe(code);
  });
});
