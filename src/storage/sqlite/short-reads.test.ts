// A short read does not wait for a long one: an emitter's hello and the lists of the page go on beside a search through a large log.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { LogEntry } from '../../protocol/events.js';
import { SampleRun, sampleRecord } from '../../testing/sample-run.js';
import { openSqliteStore } from './store.js';

const LINES = 40_000;

it('answers short reads while a large log is searched', { timeout: 60_000 }, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'xtrack-short-'));
  const store = await openSqliteStore({ directory });
  try {
    const entries = Array.from({ length: LINES }, (_, at) => {
      const base = { runId: 'r', worker: '', incarnation: 'i', seq: at + 1, ts: at };
      return { ...base, type: 'log', level: 'info', message: `line ${at}` } satisfies LogEntry;
    });
    await store.commit({ ...new SampleRun('r').take({ runs: [sampleRecord('r')] }), entries });
    const done: string[] = [];
    const searches = [1, 2].map(() => store.countEntries({ runId: 'r', kind: 'log', text: 'LINE' }).then(() => done.push('log')));
    const reads = [store.getRun('r'), store.findRuns({}), store.getMarks('r')].map((read) => read.then(() => done.push('short')));
    await Promise.all([...searches, ...reads]);
    expect(done).toEqual(['short', 'short', 'short', 'log', 'log']);
  } finally {
    await store.close();
    await rm(directory, { recursive: true });
  }
});
