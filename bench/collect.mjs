// What one event costs between the decoder and the store: sequence check, reducer, columns and frame copy. One core, no I/O.

import { encodeEvent } from '../dist/protocol/index.js';
import { Bus } from '../dist/runtime/bus.js';
import { Collector } from '../dist/runtime/collector.js';
import { Journal } from '../dist/runtime/journal.js';
import { initialState, reduce } from '../dist/runtime/run-state.js';
import { rounds } from './bench.mjs';

const EVENTS = 400_000;
const CHUNK = 340;
const identity = { runId: 'bench', worker: '', incarnation: 'bench001-00000001' };
const metric = (seq) => ({ type: 'metric', ...identity, seq, ts: 1_700_000_000_000_000 + seq, key: 'loss', value: 1 / seq, step: seq });

/** A store that takes everything and keeps nothing: what is measured is the way to it. */
const sink = { commit: async () => undefined };

async function collect() {
  const journal = new Journal({
    store: sink,
    bus: new Bus(),
    onFailure: (error) => {
      throw error;
    },
    onAnswers: () => undefined,
  });
  const collector = new Collector({ state: initialState('bench', 0), marks: [], journal, controlIncarnation: 'c', now: () => 0 });
  const lane = collector.lane('', identity.incarnation);
  const frame = encodeEvent(metric(1));
  const chunk = new Uint8Array(frame.length * CHUNK);
  for (let index = 0; index < CHUNK; index += 1) chunk.set(frame, index * frame.length);
  const events = Array.from({ length: EVENTS }, (_, index) => metric(index + 1));
  const started = performance.now();
  for (let index = 0; index < EVENTS; index += 1) {
    const at = (index % CHUNK) * frame.length;
    collector.accept(lane, events[index], chunk, at, at + frame.length);
    if (index % CHUNK === CHUNK - 1) {
      journal.endChunk();
      await undefined;
    }
  }
  const elapsed = performance.now() - started;
  await journal.flush();
  return (EVENTS / elapsed) * 1000;
}

function fold() {
  const state = initialState('bench', 0);
  const events = Array.from({ length: 1000 }, (_, index) => metric(index + 1));
  const started = performance.now();
  for (let round = 0; round < 2_000; round += 1) for (const event of events) reduce(state, event);
  return (2_000_000 / (performance.now() - started)) * 1000;
}

/** @returns {Promise<import('./bench.mjs').BenchRow[]>} */
export async function run() {
  return [
    { name: 'reduce a metric event', unit: 'events/s', ...(await rounds(5, fold)) },
    { name: 'collect: sequence, reduce, columns, frame copy', unit: 'events/s', ...(await rounds(5, collect)) },
  ];
}
