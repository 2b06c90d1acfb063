// Groups of chunks: made as a series grows, read at the resolution asked for, and gone with their run.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LongSeries, seqsBetween } from '../../../testing/long-series.js';
import { PointList } from '../../points/point-list.js';
import { COUNT, FIELDS, MAX } from '../../series/summary.js';
import type { Store } from '../../store.js';
import { type Connection, numberFrom, openReader } from '../driver.js';
import { openSqliteStore } from '../store.js';
import { ChunkIndex } from './chunk-index.js';

const GROUP = 64 * 1_024;

let directory: string;
let store: Store;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'xtrack-groups-'));
  store = await openSqliteStore({ directory });
});

afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

async function look<Result>(view: (connection: Connection) => Result): Promise<Result> {
  const connection = openReader(join(directory, 'xtrack.db'));
  try {
    return view(connection);
  } finally {
    connection.close();
  }
}

const column = (cells: Float64Array | undefined, field: number): number[] =>
  Array.from({ length: (cells?.length ?? 0) / FIELDS }, (_, at) => cells?.[at * FIELDS + field] ?? Number.NaN);

describe('groups of chunks', () => {
  it('hold whole stretches of a long series, ever coarser, and lose no extreme', async () => {
    const series = new LongSeries('long', 'a', 1, (step) => (step === 70_000 ? 1e6 : 1));
    await store.commit(series.take(seqsBetween(1, 3 * GROUP + 5_000)));
    await look((connection) => {
      const index = new ChunkIndex(connection);
      const segments = index.segmentsOf(1, new PointList(0));
      const [, group] = segments.map(({ group }) => group);
      expect(segments.map(({ count, group }) => [count, group !== undefined])).toEqual([
        ...[GROUP, GROUP, GROUP].map((count) => [count, true]),
        ...[1_024, 1_024, 1_024, 1_024].map((count) => [count, false]),
      ]);
      expect(segments.map(({ cells }) => Math.max(...column(cells, MAX))).slice(0, 3)).toEqual([1, 1e6, 1]);
      for (const points of [256, 300, 1_024, 5_000, 20_000]) {
        const [finer] = group === undefined ? [] : index.refine({ group, points });
        const counts = column(finer?.cells, COUNT);
        expect(Math.max(...counts)).toBeLessThanOrEqual(points);
        expect(Math.max(...counts)).toBeGreaterThan(points / 4);
        expect([counts.reduce((a, b) => a + b, 0), Math.max(...column(finer?.cells, MAX))]).toEqual([GROUP, 1e6]);
      }
      expect(group === undefined ? [] : index.refine({ group, points: 200 })).toHaveLength(64);
    });
  });

  it('come apart where events are late, and are not made where chunks overlap', async () => {
    const series = new LongSeries('late', 'a', 1, (step) => step);
    const isLate = (seq: number): boolean => seq % 1_000 === 7 && seq < GROUP;
    await store.commit(series.take(seqsBetween(1, 2 * GROUP + 1_500).filter((seq) => !isLate(seq))));
    const grouped = () => look((connection) => new ChunkIndex(connection).segmentsOf(1, new PointList(0)).filter(({ group }) => group));
    expect(await grouped()).toHaveLength(2);
    await store.commit(series.take(seqsBetween(1, GROUP).filter(isLate)));
    await store.close();
    await look((connection) => {
      const tail = new PointList();
      for (const seq of seqsBetween(1, GROUP).filter(isLate)) tail.push(seq, seq, Number.NaN, seq, seq);
      expect(new ChunkIndex(connection).segmentsOf(1, tail).filter(({ group }) => group)).toHaveLength(1);
    });
    store = await openSqliteStore({ directory });
    const [all] = await store.readSeries({ runId: 'late', key: 'loss', maxPoints: 10 });
    expect(all?.total).toBe(2 * GROUP + 1_500);
  });

  it('are not made where a clock was set back', async () => {
    const series = new LongSeries('clock', 'a', 1, (step) => step);
    const batch = series.take(seqsBetween(1, GROUP + 1_024));
    batch.points.ts[511] = 1;
    await store.commit(batch);
    await look((connection) => {
      expect(numberFrom(connection, 'SELECT count(*) FROM chunk_groups')).toBe(1);
      expect(new ChunkIndex(connection).segmentsOf(1, new PointList(0)).filter(({ group }) => group)).toEqual([]);
    });
  });

  it('go with their run', async () => {
    await store.commit(new LongSeries('gone', 'a', 1, (step) => step).take(seqsBetween(1, GROUP + 1_024)));
    const rows = () =>
      look((connection) =>
        ['chunk_groups', 'group_cells', 'chunks'].map((table) => numberFrom(connection, `SELECT count(*) FROM ${table}`)),
      );
    expect(await rows()).toEqual([1, 4, 65]);
    await store.deleteRun('gone');
    await expect.poll(rows).toEqual([0, 0, 0]);
  });
});
