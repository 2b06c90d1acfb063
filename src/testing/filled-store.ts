// A store with everything in it that a migration could lose: odd numbers and names, late points, implied incarnations, the trash.

import type { Store } from '../storage/store.js';
import { SampleRun, sampleMark, sampleRecord } from './sample-run.js';

/** The runs, oldest first. */
export async function fillStore(store: Store): Promise<readonly string[]> {
  await long(store);
  await odd(store);
  await old(store);
  await store.commit(new SampleRun('empty').take({ runs: [sampleRecord('empty', { createdAt: 4 })] }));
  await store.commit(new SampleRun('gone').metric({ seq: 1 }).take({ runs: [sampleRecord('gone', { createdAt: 5, status: 'failed' })] }));
  await store.setDeleted('gone', 77);
  return ['long', 'odd', 'old', 'empty', 'gone'];
}

async function long(store: Store): Promise<void> {
  const run = new SampleRun('long');
  for (let seq = 1; seq <= 12_000; seq++) {
    run.metrics({
      seq,
      step: seq,
      metrics: new Map([
        ['loss', Math.exp(-seq / 3_000)],
        ['acc', seq / 12_000],
      ]),
    });
    if (seq % 1_000 === 0) await store.commit(run.take());
  }
  for (let seq = 12_001; seq <= 12_300; seq++) run.log({ seq, message: `line ${seq}` });
  const runs = [
    sampleRecord('long', { status: 'completed', createdAt: 1, endedAt: 9, tags: { team: 'a' }, counts: { metric_batch: 12_000 } }),
  ];
  await store.commit(run.take({ runs, marks: [sampleMark('long', { contiguous: 12_300 })] }));
}

async function odd(store: Store): Promise<void> {
  const run = new SampleRun('odd');
  const values = [0.1, -0, 1e308, -1e-320, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  values.forEach((value, at) => void run.metric({ seq: at + 1, value, key: '__proto__', ...(at % 2 === 0 ? { epoch: at } : {}) }));
  await store.commit(
    run.metric({ seq: 100, value: 5, incarnation: 'b', worker: '1', context: { phase: 'val', aggregation: 'mean' } }).take(),
  );
  run.param({ seq: 20, key: 'a\u0000b', value: { deep: [Number.NaN, -0, '~x'] } }).param({ seq: 21, key: 'b', value: null });
  run.artifact({ seq: 22 }).checkpoint({ seq: 23, metrics: { loss: Number.NaN } });
  // Late, and of an older incarnation than what came before.
  run.metric({ seq: 50, value: 7, incarnation: '0', worker: '1', context: { phase: 'val', aggregation: 'mean' } });
  const command = {
    commandId: 'c1',
    runId: 'odd',
    command: 'stop',
    payload: { deep: [Number.NaN] },
    issuedBy: 'ada',
    issuedAt: 1,
    expiresAt: 2,
    status: 'ok',
    result: { a: 1 },
    error: null,
    answeredAt: 3,
  } as const;
  const warning = { runId: 'odd', at: 1, code: 'XT_FIELD_TYPE', detail: 'd\ud800', field: null, worker: '', seq: 4 };
  const letter = { runId: 'odd', at: 2, code: 'XT_FRAME_JSON', bytes: Uint8Array.from([1, 2, 3]) };
  const marks = [sampleMark('odd', { beyond: [{ from: 7, to: 9 }] }), sampleMark('odd', { worker: '1', incarnation: 'b' })];
  const runs = [sampleRecord('odd', { createdAt: 2, status: 'failed', finalMetrics: { loss: Number.NaN, zero: -0 }, name: 'n\u0000' })];
  await store.commit(run.take({ runs, commands: [command], warnings: [warning, warning], deadLetters: [letter], marks }));
}

/** An emitter from before there were incarnations. */
async function old(store: Store): Promise<void> {
  for (const [at, implied] of ['m1-implied', 'm2-implied'].entries()) {
    const run = new SampleRun('old', { '': implied });
    for (let seq = 1; seq <= 10; seq++) run.metric({ seq, value: seq + at * 100, incarnation: '' });
    await store.commit(run.take({ runs: [sampleRecord('old', { createdAt: 3, status: 'completed' })] }));
  }
}
