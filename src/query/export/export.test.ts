import { parquetReadObjects } from 'hyparquet';
import { beforeEach, describe, expect, it } from 'vitest';
import { openMemoryStore } from '../../storage/memory/store.js';
import type { Store } from '../../storage/store.js';
import { SampleRun, sampleRecord } from '../../testing/sample-run.js';
import { RunReader } from '../run-reader.js';
import type { ExportFormat, ExportOptions } from './export.js';

let store: Store;
let reader: RunReader;

beforeEach(async () => {
  store = await openMemoryStore();
  reader = new RunReader(store);
  const run = new SampleRun('r1');
  run.param({ seq: 1, key: 'lr', value: 0.1 }).param({ seq: 2, key: 'note', value: '=HYPERLINK("x"), "y"' });
  run.param({ seq: 3, key: 'layers', value: [1, { deep: true }] }).param({ seq: 4, key: 'offset', value: -5 });
  [1.5, Number.NaN, Number.POSITIVE_INFINITY, -2].forEach(
    (value, at) => void run.metric({ seq: 5 + at, worker: '0', value, ...(at === 3 ? { epoch: 0.5 } : { step: at }) }),
  );
  run.log({ seq: 9, message: '@SUM(1)\nline two', level: 'warning' });
  await store.commit(run.take({ runs: [sampleRecord('r1', { experimentId: 'e', tags: { kind: '+1', plain: 'ok' }, createdAt: 2 })] }));
  await store.commit(
    new SampleRun('r2')
      .metric({ seq: 1, key: 'acc', value: 0.5, step: 3 })
      .take({ runs: [sampleRecord('r2', { experimentId: 'e', createdAt: 1 })] }),
  );
});

async function bytesOf(of: Parameters<RunReader['exportTable']>[0], options: ExportOptions): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of reader.exportTable(of, options)) pieces.push(piece);
  return Buffer.concat(pieces);
}

const textOf = async (what: ExportOptions['what'], format: ExportFormat): Promise<string> =>
  (await bytesOf({ runId: 'r1' }, { what, format })).toString();

async function parquetOf(
  of: Parameters<RunReader['exportTable']>[0],
  options: Omit<ExportOptions, 'format'>,
): Promise<Record<string, unknown>[]> {
  const bytes = await bytesOf(of, { ...options, format: 'parquet' });
  return await parquetReadObjects({ file: new Uint8Array(bytes).buffer });
}

describe('CSV', () => {
  it('has the points as they were logged, NaN and infinities by name', async () => {
    expect(await textOf('metrics', 'csv')).toBe(`run_id,key,phase,aggregation,worker,incarnation,seq,step,epoch,ts,value,superseded
r1,loss,,,0,a,5,0,,1700000000005000,1.5,false
r1,loss,,,0,a,6,1,,1700000000006000,NaN,false
r1,loss,,,0,a,7,2,,1700000000007000,Infinity,false
r1,loss,,,0,a,8,,0.5,1700000000008000,-2,false
`);
  });

  it('lets no text begin a formula, and leaves numbers alone (SEC-21)', async () => {
    expect(await textOf('params', 'csv')).toBe(`run_id,key,value
r1,layers,"[1,{""deep"":true}]"
r1,lr,0.1
r1,note,"'=HYPERLINK(""x""), ""y"""
r1,offset,-5
`);
    expect(await textOf('tags', 'csv')).toContain("r1,kind,'+1\n");
    expect(await textOf('logs', 'csv')).toContain(`,warning,,"'@SUM(1)\nline two",`);
  });
});

describe('points that a restart superseded', () => {
  it('are there, and marked', async () => {
    const run = new SampleRun('restarted');
    for (const step of [1, 2, 3]) run.metric({ seq: step, incarnation: 'a', step, value: step });
    run.metric({ seq: 1, incarnation: 'b', step: 3, value: 30 });
    await store.commit(run.take());
    const rows = await parquetOf({ runId: 'restarted' }, { what: 'metrics' });
    expect(rows.map(({ incarnation, value, superseded }) => [incarnation, value, superseded])).toEqual([
      ['a', 1, false],
      ['a', 2, false],
      ['a', 3, true],
      ['b', 30, false],
    ]);
  });
});

describe('JSON lines', () => {
  it('are one object a row, with strings where JSON has no number', async () => {
    const lines = (await textOf('metrics', 'jsonl'))
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(lines).toHaveLength(4);
    expect(lines[1]).toEqual({
      run_id: 'r1',
      key: 'loss',
      phase: null,
      aggregation: null,
      worker: '0',
      incarnation: 'a',
      seq: 6,
      step: 1,
      epoch: null,
      ts: 1_700_000_000_006_000,
      value: 'NaN',
      superseded: false,
    });
    const params = (await textOf('params', 'jsonl'))
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(params[0]).toEqual({ run_id: 'r1', key: 'layers', value: [1, { deep: true }] });
    expect(params[2]).toEqual({ run_id: 'r1', key: 'note', value: '=HYPERLINK("x"), "y"' });
  });
});

describe('Parquet', () => {
  it('gives numbers, times and nothing back as what they were', async () => {
    const rows = await parquetOf({ runId: 'r1' }, { what: 'metrics' });
    expect(rows.map(({ value }) => value)).toEqual([1.5, Number.NaN, Number.POSITIVE_INFINITY, -2]);
    expect(rows.map(({ step, epoch }) => [step, epoch])).toEqual([
      [0n, null],
      [1n, null],
      [2n, null],
      [null, 0.5],
    ]);
    expect(rows[0]).toMatchObject({ run_id: 'r1', key: 'loss', phase: null, seq: 5n, ts: new Date(1_700_000_000_005), superseded: false });
    expect(await parquetOf({ runId: 'r1' }, { what: 'params' })).toEqual([
      { run_id: 'r1', key: 'layers', value: '[1,{"deep":true}]' },
      { run_id: 'r1', key: 'lr', value: '0.1' },
      { run_id: 'r1', key: 'note', value: '=HYPERLINK("x"), "y"' },
      { run_id: 'r1', key: 'offset', value: '-5' },
    ]);
  });

  it('is written in row groups, and whole, however many points there are', async () => {
    const run = new SampleRun('long');
    for (let seq = 1; seq <= 70_000; seq++) run.metric({ seq, step: seq, value: seq / 3 });
    await store.commit(run.take());
    const pieces: number[] = [];
    for await (const piece of reader.exportTable({ runId: 'long' }, { what: 'metrics', format: 'parquet' })) pieces.push(piece.length);
    expect(pieces.length).toBeGreaterThan(1);
    const rows = await parquetOf({ runId: 'long' }, { what: 'metrics' });
    expect(rows).toHaveLength(70_000);
    expect(rows.every(({ step, value }, at) => step === BigInt(at + 1) && value === (at + 1) / 3)).toBe(true);
  });

  it('is a file with columns where there is no row', async () => {
    expect(await parquetOf({ runId: 'r2' }, { what: 'logs' })).toEqual([]);
  });
});

describe('an experiment', () => {
  it('comes with all its runs, and only the metrics asked for', async () => {
    const rows = await parquetOf({ experimentId: 'e' }, { what: 'metrics' });
    expect(rows.map(({ run_id }) => run_id)).toEqual(['r1', 'r1', 'r1', 'r1', 'r2']);
    expect(await parquetOf({ experimentId: 'e' }, { what: 'metrics', keys: ['acc'] })).toHaveLength(1);
    const runs = await parquetOf({ experimentId: 'e' }, { what: 'runs' });
    expect(runs).toMatchObject([
      { run_id: 'r1', status: 'running', tags: '{"kind":"+1","plain":"ok"}', started_at: null },
      { run_id: 'r2' },
    ]);
  });

  it('that has none is refused', async () => {
    await expect(bytesOf({ experimentId: 'nothing' }, { what: 'runs', format: 'csv' })).rejects.toMatchObject({ code: 'XT_RUN_NOT_FOUND' });
  });
});
