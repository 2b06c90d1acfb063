// Groups of chunks: made beside the commits, whatever is killed; read instead of the chunks; and gone with their run.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { POSTGRES, PostgresServer } from '../../../../test/support/postgres.js';
import { LongSeries, seqsBetween } from '../../../testing/long-series.js';
import { sampleBatch, sampleRecord } from '../../../testing/sample-run.js';
import { toBlob } from '../../points/chunk-column.js';
import { GROUP_CHUNKS, groupOf } from '../../series/pyramid.js';
import type { SeriesData, SeriesQuery } from '../../series/series.js';
import { openSqliteStore } from '../../sqlite/store.js';
import type { BlockInput, Store } from '../../store.js';
import { openPostgresStore } from '../store.js';

const GROUP = GROUP_CHUNKS * 1_024;
const POLL = { timeout: 20_000 };

interface ChunkRow {
  readonly id: number;
  readonly first_seq: number;
  readonly last_seq: number;
  readonly count: number;
  readonly cells: number[];
}

interface GroupRow {
  readonly first: number;
  readonly last: number;
  readonly blobs: Buffer[];
}

const sum = (column: Float64Array): number => column.reduce((a, b) => a + b, 0);
const highest = (column: Float64Array): number => column.reduce((a, b) => Math.max(a, b));

/** Two incarnations, the second from a step of the first on, and a few late events. */
async function fillRestarted(store: Store): Promise<void> {
  const isLate = (seq: number): boolean => seq % 5_000 === 9;
  const [before, after] = [new LongSeries('same', 'a', 1, Math.sin), new LongSeries('same', 'b', 90_001, Math.sin)];
  await store.commit(before.take(seqsBetween(1, 100_000).filter((seq) => !isLate(seq))));
  await store.commit(after.take(seqsBetween(1, 150_000)));
  await store.commit(before.take(seqsBetween(1, 60_000).filter(isLate)));
}

const QUERIES: SeriesQuery[] = [
  {},
  { by: 'step' },
  { by: 'time' },
  { range: { from: 777, to: 180_000 } },
  { by: 'step', range: { from: 777, to: 180_000 } },
]
  .flatMap((one) => [1, 100, 1_500].map((maxPoints) => ({ ...one, maxPoints })))
  .map((one) => ({ ...one, runId: 'same', key: 'loss', superseded: 'show' }) as SeriesQuery);

/** What a commit has beside its points: a block, by which another process sees that there is more; so many events that tails are written. */
const block = (runId: string): { blocks: BlockInput[] } => ({ blocks: [{ runId, bytes: new Uint8Array(0), events: 40_000, implied: {} }] });

describe.skipIf(POSTGRES === undefined)('groups of chunks (need PostgreSQL)', () => {
  let server: PostgresServer;
  let database: string;
  let url: string;

  beforeAll(async () => {
    server = await PostgresServer.start();
  });

  beforeEach(async () => {
    database = await server.createDatabase();
    url = server.url(database);
  });

  afterAll(() => server.remove(), 60_000);

  const ask = <Row extends object>(sql: string): Promise<Row[]> => server.query<Row>(sql, database);

  async function using<T>(work: (store: Store) => Promise<T>): Promise<T> {
    const store = await openPostgresStore({ url });
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  }

  const rowsOf = async (table: string): Promise<number> => (await ask<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`))[0]?.n ?? 0;

  /** Of each track as many groups as its chunks make, and of just those bytes. Resolves to how many. */
  async function expectGroups(): Promise<number> {
    let all = 0;
    for (const { run, number } of await ask<{ run: string; number: number }>('SELECT run, number FROM tracks')) {
      const where = `WHERE run = ${run} AND track = ${number}`;
      const chunks = await ask<ChunkRow>(
        `SELECT number::int AS id, first_seq, last_seq, count, cells FROM chunks ${where} ORDER BY number`,
      );
      const groups = await ask<GroupRow>(`SELECT first_chunk::int AS first, last_chunk::int AS last,
        ARRAY[whole, level_0, level_1, level_2, level_3] AS blobs FROM chunk_groups ${where} ORDER BY first_chunk`);
      expect(groups).toHaveLength(Math.floor(chunks.length / GROUP_CHUNKS));
      for (const [at, { first, last, blobs }] of groups.entries()) {
        const members = chunks.slice(at * GROUP_CHUNKS, (at + 1) * GROUP_CHUNKS);
        const { levels } = groupOf(members.map((chunk) => ({ ...chunk, cells: Float64Array.from(chunk.cells) })));
        expect([first, last]).toEqual([members[0]?.id, members.at(-1)?.id]);
        const none = new Float64Array(0);
        const expected = [levels?.whole, ...[0, 1, 2, 3].map((level) => levels?.levels[level])].map((cells) => toBlob(cells ?? none));
        expect(blobs.map((blob, level) => blob.equals(expected[level] as Uint8Array))).toEqual(expected.map(() => true));
      }
      all += groups.length;
    }
    return all;
  }

  it('are what a chart reads: without their chunks it is the same', async () => {
    await using(async (store) => {
      const series = new LongSeries('long', 'a', 1, (step) => (step === 70_000 ? 1e6 : 1));
      for (let from = 0; from < 4; from++) await store.commit(series.take(seqsBetween(1 + from * GROUP, (from + 1) * GROUP)));
      await store.commit(series.take(seqsBetween(1 + 4 * GROUP, 4 * GROUP + 5_000)));
      await expect.poll(() => rowsOf('chunk_groups'), POLL).toBe(4);
      const queries: SeriesQuery[] = [undefined, 'step', 'time'].map(
        (by) => ({ runId: 'long', key: 'loss', maxPoints: 300, ...(by && { by }) }) as SeriesQuery,
      );
      queries.push({ ...(queries[1] as SeriesQuery), range: { from: 1_000, to: 4 * GROUP + 200 } });
      const before = await Promise.all(queries.map((query) => store.readSeries(query)));
      for (const [series] of before as Extract<SeriesData, { kind: 'buckets' }>[][])
        expect([sum(series?.count ?? new Float64Array(0)), highest(series?.max ?? new Float64Array(0))]).toEqual([series?.total, 1e6]);
      // All but those at the edges of the range.
      await ask(`DELETE FROM chunks WHERE number BETWEEN ${GROUP_CHUNKS + 1} AND ${4 * GROUP_CHUNKS}`);
      expect(await Promise.all(queries.map((query) => store.readSeries(query)))).toEqual(before);
    });
  });

  it('give the answers of SQLite, to the last bit', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'xtrack-groups-'));
    const sqlite = await openSqliteStore({ directory });
    try {
      await using(async (store) => {
        for (const to of [store, sqlite]) await fillRestarted(to);
        await expect.poll(() => rowsOf('chunk_groups'), POLL).toBe(3);
        for (const query of QUERIES) expect(await store.readSeries(query)).toEqual(await sqlite.readSeries(query));
      });
    } finally {
      await sqlite.close();
      rmSync(directory, { recursive: true });
    }
  });

  it('come apart where events are late, and are empty where chunks overlap or a clock was set back', async () => {
    const isLate = (seq: number): boolean => seq % 60 === 7 && seq < GROUP;
    await using(async (store) => {
      const late = new LongSeries('late', 'a', 1, (step) => step);
      await store.commit(late.take(seqsBetween(1, 2 * GROUP).filter((seq) => !isLate(seq))));
      await store.commit(late.take(seqsBetween(1, GROUP).filter(isLate)));
      await store.commit(late.take(seqsBetween(2 * GROUP + 1, 4 * GROUP)));
      const back = new LongSeries('clock', 'a', 1, (step) => step).take(seqsBetween(1, GROUP));
      back.points.ts[511] = 1;
      await store.commit(back);
      const [all] = await store.readSeries({ runId: 'late', key: 'loss', by: 'step', maxPoints: 10 });
      expect([all?.total, all?.kind === 'buckets' ? sum(all.count) : 0]).toEqual([4 * GROUP, 4 * GROUP]);
      await expect.poll(() => rowsOf('chunk_groups'), POLL).toBe(5);
    });
    expect(await expectGroups()).toBe(5);
    expect(await ask('SELECT run, count(*)::int AS n FROM chunk_groups WHERE length(whole) = 0 GROUP BY run ORDER BY run')).toEqual([
      { run: '1', n: 1 },
      { run: '2', n: 1 },
    ]);
  });

  it('are made once and rightly by two that write to a run in turns, over many series', async () => {
    await using((one) =>
      using(async (other) => {
        const series = ['0', '1', '2'].map((worker) => [1, 2].map(() => new LongSeries('shared', 'a', 1, Math.sin, worker)));
        for (let turn = 0; turn < 12; turn++)
          for (const of of series)
            await [one, other][turn % 2]?.commit({
              ...(of[turn % 2] as LongSeries).take(seqsBetween(turn * 12_000 + 1, (turn + 1) * 12_000)),
              ...block('shared'),
            });
        await one.commit(sampleBatch({ runs: [sampleRecord('shared', { status: 'completed' })] }));
      }),
    );
    expect(await expectGroups()).toBe(3 * Math.floor(144_000 / GROUP));
  });

  it('are right after any number of kills: what one has left out the next takes in', async () => {
    const dist = new URL('../../../../dist/', import.meta.url);
    const script = `
      const { openPostgresStore } = await import('${new URL('storage/postgres/store.js', dist)}');
      const { LongSeries, seqsBetween } = await import('${new URL('testing/long-series.js', dist)}');
      const store = await openPostgresStore({ url: process.env.DATABASE });
      const series = new LongSeries('killed', 'a', 1, Math.sin);
      for (let from = Number(process.env.FROM); ; from += 16_384) {
        await store.commit(series.take(seqsBetween(from, from + 16_383)));
        process.stdout.write(from + 16_384 + '\\n');
      }`;
    const folder = mkdtempSync(join(tmpdir(), 'xtrack-groups-'));
    const file = join(folder, 'writer.mjs');
    writeFileSync(file, script);
    let from = 1;
    for (let kill = 0; kill < 4; kill++) {
      const child = spawn(process.execPath, [file], {
        env: { ...process.env, DATABASE: url, FROM: String(from) },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let told = '';
      for await (const piece of child.stdout) {
        told += piece;
        if (told.split('\n').length > 5 + kill) break;
      }
      const exit = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
      child.kill('SIGKILL');
      await exit;
      const [held] = await ask<{ last: number | null }>('SELECT max(last_seq)::int AS last FROM chunks');
      from = (held?.last ?? 0) + 1;
    }
    rmSync(folder, { recursive: true });
    await using(async (store) => {
      await store.commit(new LongSeries('killed', 'a', 1, Math.sin).take(seqsBetween(from, from)));
      await store.commit(sampleBatch({ runs: [sampleRecord('killed', { status: 'failed' })] }));
      const [series] = await store.readSeries({ runId: 'killed', key: 'loss', by: 'step', maxPoints: 100 });
      expect(series?.total).toBe(from);
    });
    expect(await expectGroups()).toBeGreaterThan(3);
  });

  it('are made of what a former version has stored, which only a writer may open', async () => {
    await using((store) => store.commit(new LongSeries('old', 'a', 1, Math.sin).take(seqsBetween(1, 6 * GROUP))));
    await ask(`DROP TABLE chunk_groups, ungrouped, buried; ALTER TABLE runs DROP COLUMN revision; DROP INDEX chunks_by_track;
      CREATE INDEX chunks_by_track ON chunks (run, track, first_seq); DELETE FROM migrations WHERE name >= '0002'`);
    await expect(openPostgresStore({ url, readOnly: true })).rejects.toMatchObject({
      code: 'XT_STORE_OLD',
      message: expect.stringMatching(/schema 1\b.*open it once for writing/),
    });
    await using(async () => {
      await expect.poll(() => rowsOf('ungrouped'), POLL).toBe(0);
    });
    expect(await expectGroups()).toBe(6);
    await (await openPostgresStore({ url, readOnly: true })).close();
  });

  it('go with their run', async () => {
    await using(async (store) => {
      await store.commit(new LongSeries('gone', 'a', 1, Math.sin).take(seqsBetween(1, 2 * GROUP)));
      await expect.poll(() => rowsOf('chunk_groups'), POLL).toBe(2);
      await store.deleteRun('gone');
      await expect.poll(async () => [await rowsOf('chunk_groups'), await rowsOf('chunks'), await rowsOf('runs')], POLL).toEqual([0, 0, 0]);
    });
  });
});
