// Two different events under one number are told apart, and neither vanishes.

import { beforeEach, describe, expect, it } from 'vitest';
import { encodeEvent, type TrackEvent } from '../protocol/index.js';
import { openMemoryStore } from '../storage/memory/store.js';
import type { Store } from '../storage/store.js';
import type { Collector } from './collector.js';
import { Hub } from './hub.js';
import type { Verdict } from './verdict.js';

let store: Store;
let hub: Hub;
let run: Collector;

beforeEach(async () => {
  store = await openMemoryStore();
  hub = new Hub({ store, onCommitFailure: () => undefined });
  run = await hub.collector('r');
});

const identity = { runId: 'r', worker: 'w', incarnation: '00000001-a' };
const metric = (seq: number, value: number, ts = 1e15 + seq): TrackEvent => ({ type: 'metric', ...identity, seq, ts, key: 'loss', value });
const log = (seq: number, message: string): TrackEvent => ({ type: 'log', ...identity, seq, ts: 1e15 + seq, level: 'info', message });

function send(event: TrackEvent): Verdict {
  const bytes = encodeEvent(event);
  return run.accept(run.laneFor(event), event, bytes, 0, bytes.length);
}

async function flagged(): Promise<{ seqs: (number | null)[]; kept: string[] }> {
  await hub.journal.flush('r');
  const warnings = (await store.getWarnings('r')).filter(({ code }) => code === 'XT_SEQ_CONFLICT');
  const letters = (await store.getDeadLetters?.('r')) ?? [];
  return { seqs: warnings.map(({ seq }) => seq), kept: letters.map(({ bytes }) => Buffer.from(bytes.subarray(4)).toString()) };
}

describe('an event under a number that was given', () => {
  it('is kept apart and flagged where it is another one, and the first one counts', async () => {
    for (let seq = 1; seq <= 1_000; seq++) send(metric(seq, seq));
    expect(send(metric(999, 0.5))).toBe('duplicate');
    expect(send(metric(1_000, 1_000, 5))).toBe('duplicate');
    send(log(1_001, 'one'));
    send(log(1_001, 'two'));
    const { seqs, kept } = await flagged();
    expect(seqs).toEqual([999, 1_000, 1_001]);
    expect(kept[0]).toContain('"value":0.5');
    expect(kept[2]).toContain('two');
    const [series] = await store.readSeries({ runId: 'r', key: 'loss' });
    expect(series?.kind === 'points' && [series.total, series.value[998]]).toEqual([1_000, 999]);
  });

  it('is passed over without a word where it is the same, in any order and also where that is long ago', async () => {
    const value = (seq: number): number => (seq % 5 === 0 ? Number.NaN : seq);
    const events = Array.from({ length: 3_000 }, (_, at) => (at % 3 === 0 ? log(at + 1, `line ${at}`) : metric(at + 1, value(at))));
    expect(new Set(events.map(send))).toEqual(new Set(['new']));
    expect(new Set([...events].reverse().map(send))).toEqual(new Set(['duplicate']));
    expect(await flagged()).toEqual({ seqs: [], kept: [] });
  });

  it('does not fill the store, however often it comes', async () => {
    send(metric(1, 1));
    for (let value = 2; value <= 3_000; value++) send(metric(1, value));
    const { seqs, kept } = await flagged();
    expect([seqs.length, kept.length]).toEqual([1_000, 1_000]);
  });
});
