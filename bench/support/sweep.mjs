// A sweep as a store holds it: finished runs with 20 params and 20 metrics each, no two of them alike.

import { SampleRun, sampleRecord } from '../../dist/testing/sample-run.js';

const KEYS = 20;
const BATCH = 500;

/** Adds this many runs. */
export async function fillSweep(store, runs) {
  for (let from = 0; from < runs; from += BATCH) {
    const batches = Array.from({ length: Math.min(BATCH, runs - from) }, (_, at) => oneRun(from + at));
    await Promise.all(batches.map((batch) => store.commit(batch)));
  }
}

function oneRun(at) {
  const runId = `0193fa1c-7b1a-7000-8000-${String(at).padStart(12, '0')}`;
  const run = new SampleRun(runId);
  for (let key = 0; key < KEYS; key++) run.param({ seq: key + 1, key: `p${key}`, value: key % 5 === 0 ? `v${at % 7}` : spread(at, key) });
  metricsOf(run, KEYS + 1, at);
  const record = sampleRecord(runId, {
    name: `sweep-${at}`,
    status: at % 5 === 0 ? 'failed' : 'completed',
    createdAt: 1_700_000_000_000_000 + at * 1_000_000,
    startedAt: 1_700_000_000_000_000 + at * 1_000_000,
    endedAt: 1_700_000_000_000_000 + at * 2_000_000,
    tags: { model: ['resnet', 'vit', 'mlp'][at % 3], team: `t${at % 11}` },
  });
  return run.take({ runs: [record] });
}

/** Adds two points of each metric to a run. */
export function metricsOf(run, seq, at = 0) {
  for (let point = 0; point < 2; point++) {
    run.metrics({
      seq: seq + point,
      step: point,
      metrics: new Map(Array.from({ length: KEYS }, (_, key) => [`m${key}`, spread(at + point, key)])),
    });
  }
  return run;
}

/** Between 0 and 1, different for each run and key. */
function spread(at, key) {
  return ((at * 7_919 + key * 104_729) % 10_007) / 10_007;
}
