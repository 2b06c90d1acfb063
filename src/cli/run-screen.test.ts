import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Metric, Run } from '../index.js';
import { RunModel } from './run-model.js';
import { drawRun } from './run-screen.js';
import { plainText, textWidth } from './terminal/text.js';

const START = Date.parse('2025-01-01T00:00:00.000Z');

function aRun(given: Partial<Run> = {}): Run {
  return {
    runId: '0193e0c5-7a8b-7c3d-9e4f-0123456789ab',
    name: 'digits',
    status: 'training',
    experimentId: null,
    parentRunId: null,
    tags: {},
    createdAt: new Date(START).toISOString(),
    startedAt: new Date(START).toISOString(),
    endedAt: null,
    deletedAt: null,
    damaged: null,
    message: null,
    progress: null,
    error: null,
    exit: null,
    finalMetrics: null,
    source: null,
    environment: null,
    workers: [],
    counts: {},
    process: null,
    captured: { stdout: 0, stderr: 0 },
    notes: null,
    archived: false,
    public: false,
    ...given,
  };
}

function metric(key: string, value: number, rest: Partial<Metric> = {}): { kind: 'event'; event: Metric } {
  return { kind: 'event', event: { type: 'metric', runId: 'r', worker: '', incarnation: '', seq: 1, ts: 1, key, value, ...rest } };
}

function text(model: RunModel, columns: number, rows: number, now = START): string[] {
  return drawRun(model, columns, rows, now).map(plainText);
}

describe('the screen of a run', () => {
  it('tells status, time, progress with the time left, message and metrics', () => {
    const model = new RunModel(aRun({ message: 'epoch 4' }));
    for (const at of [1, 2, 3, 4]) {
      model.apply(
        { kind: 'run', run: aRun({ message: 'epoch 4', progress: { current: at, total: 8, unit: 'epoch' } }) },
        START + at * 1000,
      );
      model.apply(metric('loss', 1 / at, { context: { phase: 'train' } }), START + at * 1000);
      model.apply(metric('val_acc', at / 10, { context: { phase: 'val' } }), START + at * 1000);
    }
    const lines = text(model, 79, 23, START + 4_000);
    expect(lines[1]).toMatch(/^training {2}00:04 {2}digits {2}0193e0c5/);
    expect(lines[2]).toMatch(/^█+▌?░+ 50% {2}epoch 4\/8 {2}00:04 left$/);
    expect(lines[3]).toBe('epoch 4');
    expect(lines[4]).toMatch(/^ {2}train loss {8,}0\.25 {2}█/);
    expect(lines[5]).toMatch(/^ {2}val_acc .*0\.4 {2}▁.*█$/);
  });

  it('shows the metrics that changed last when there are more than fit', () => {
    const model = new RunModel(aRun());
    for (let at = 0; at < 50; at += 1) model.apply(metric(`m${at}`, at), START);
    model.apply(metric('m0', 1), START);
    const lines = text(model, 60, 14);
    expect(lines.join('\n')).toContain('m0 ');
    expect(lines.join('\n')).toContain('m49');
    expect(lines.join('\n')).toMatch(/and 4\d more metrics/);
  });

  it('keeps what is measured of the machine to one line', () => {
    const model = new RunModel(aRun());
    const machine = new Map([
      ['system/process_cpu_percent', 812.4],
      ['system/process_memory_bytes', 3 * 2 ** 30],
      ['system/gpu.0.utilization_percent', 97],
      ['system/gpu.0.memory_used_bytes', 20 * 2 ** 30],
      ['system/gpu.1.utilization_percent', 3],
      ['system/gpu.1.memory_used_bytes', 2 ** 30],
      ['system/disk_used_percent', 22],
    ]);
    model.apply(metric('loss', 1), START);
    model.apply({ kind: 'event', event: { ...metric('', 0).event, type: 'metric_batch', worker: '$xtrack', metrics: machine } }, START);
    expect(text(model, 79, 20).slice(2, -1)).toEqual(['cpu 812%  memory 3.0 GiB  gpu 97% 3%  21.0 GiB', expect.stringContaining('loss')]);
    for (let at = 0; at < 5_000; at += 1) model.apply(metric(`system/${at}`, at), START);
    expect(model.system.size).toBeLessThanOrEqual(500);
  });

  it('says how to stop, that it is stopping, and that no control plane answers', () => {
    const model = new RunModel(aRun());
    expect(text(model, 79, 20).at(-1)).toContain('Ctrl-C stops');
    model.stopping = true;
    expect(text(model, 79, 20).at(-1)).toContain('again kills');
    model.apply({ kind: 'contact', live: false }, START);
    expect(text(model, 79, 20).at(-1)).toContain('no control plane');
    model.apply({ kind: 'run', run: aRun({ endedAt: new Date(START + 1000).toISOString(), status: 'completed' }) }, START);
    expect(text(model, 79, 20).at(-1)).toContain('completed');
  });

  it('fits any terminal, whatever names, messages and metrics a run has', () => {
    const strange = fc.string({ unit: 'binary', maxLength: 60 });
    const size = fc.record({ columns: fc.integer({ min: 1, max: 120 }), rows: fc.integer({ min: 1, max: 40 }) });
    const what = fc.record({ name: strange, message: strange, unit: strange, current: fc.double(), total: fc.double() });
    const metrics = fc.array(fc.tuple(strange, fc.double()), { maxLength: 30 });
    fc.assert(
      fc.property(size, what, metrics, ({ columns, rows }, { name, message, ...progress }, values) => {
        const model = new RunModel(aRun({ name, message, progress }));
        for (const [key, value] of values) model.apply(metric(key, value), START);
        const lines = drawRun(model, columns, rows, START + 1000);
        expect(lines.length).toBeLessThanOrEqual(rows);
        for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(columns);
      }),
    );
  });

  it('keeps no more than a bounded number of series and values, whatever comes', () => {
    const model = new RunModel(aRun());
    for (let at = 0; at < 5_000; at += 1) model.apply(metric(`m${at % 1_000}`, at), START);
    for (let at = 0; at < 5_000; at += 1) model.apply(metric('m1', at), START);
    expect(model.trails.size).toBe(200);
    expect([...model.trails.values()].every((trail) => trail.values.length <= 120)).toBe(true);
  });
});
