// What a repair must bring back and what it may not touch, asked of whichever store keeps the runs.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { differences, digestRun, type RunDigest } from '../../src/care/run-digest.js';
import type { VerifiedRun } from '../../src/index.js';
import { openStore } from '../../src/open-store.js';
import { encodeEvent, type TrackEvent } from '../../src/protocol/index.js';
import { XTrack } from '../../src/xtrack.js';
import type { EventBody } from './api.js';

/** Where runs are kept. */
export interface Place {
  readonly directory: string;
  readonly database?: string;
  /** Runs SQL on what is stored. */
  change(sql: string): Promise<void>;
  /** SQL of a JSON column in which a text is another one. */
  swapped(column: string, from: string, to: string): string;
  readonly postgres: boolean;
}

const POINTS = 2_600;
const ROW = "(SELECT id FROM runs WHERE run_id = 'r1')";
const FIRST_CHUNK = `(SELECT min(c.id) FROM chunks c JOIN tracks t ON t.id = c.track WHERE t.run = ${ROW})`;

async function feed(xtrack: XTrack, runId: string, bodies: readonly EventBody[], from = 1): Promise<void> {
  const events = bodies.map(
    (body, at) => ({ runId, worker: '', incarnation: 'i', seq: from + at, ts: 1_700_000_000_000_000 + from + at, ...body }) as TrackEvent,
  );
  await xtrack.ingest(Buffer.concat(events.map(encodeEvent)), { format: 'frames', mayWrite: () => true });
}

const startOf = ({ directory, database }: Place): Promise<XTrack> =>
  XTrack.start({ directory, ...(database !== undefined && { database }) });

async function fill(place: Place): Promise<void> {
  const xtrack = await startOf(place);
  await feed(xtrack, 'r1', [
    { type: 'run_start', name: 'whole', tags: { team: 'vision' } },
    { type: 'param', key: 'lr', value: 0.1 },
    { type: 'log', level: 'info', message: 'a line' },
    { type: 'checkpoint', step: 3, path: '/c/3' },
  ] as EventBody[]);
  const metrics = Array.from({ length: POINTS }, (_, at) => ({ type: 'metric', key: 'loss', value: Math.sin(at), step: at }));
  for (let at = 0; at < POINTS; at += 1_000) await feed(xtrack, 'r1', metrics.slice(at, at + 1_000) as EventBody[], 5 + at);
  await feed(xtrack, 'r1', [{ type: 'run_end', status: 'completed' }] as EventBody[], 5 + POINTS);
  await feed(xtrack, 'r2', [
    { type: 'run_start', name: 'other' },
    { type: 'metric', key: 'loss', value: 1 },
  ] as EventBody[]);
  await xtrack.close();
}

async function digest(place: Place, runId = 'r1'): Promise<RunDigest> {
  const store = await openStore(place.database === undefined ? { store: 'sqlite' } : { database: place.database }, place.directory);
  try {
    return await digestRun(store, runId);
  } finally {
    await store.close();
  }
}

/** What is found in each run, and with `repair` mended. */
export async function verified(place: Place, repair: boolean): Promise<Record<string, VerifiedRun>> {
  const xtrack = await startOf(place);
  try {
    const runs: Record<string, VerifiedRun> = {};
    for await (const run of xtrack.verify({ repair })) runs[run.runId] = run;
    return runs;
  } finally {
    await xtrack.close();
  }
}

/** All that is derived, damaged in every way that is not the log's: what is damaged at once, and what is found of it. */
function damagesOf({ swapped, postgres }: Place): readonly (readonly [sql: readonly string[], codes: readonly string[]])[] {
  const chunkOfLoss = postgres ? `run = ${ROW} AND number = 1` : `id = ${FIRST_CHUNK}`;
  const markOf = (seq: number): string =>
    `UPDATE marks SET record = ${swapped('record', `"contiguous":${POINTS + 5}`, `"contiguous":${seq}`)}`;
  const [hole, mark, counts, status] = ['XT_VERIFY_HOLE', 'XT_VERIFY_MARK', 'XT_VERIFY_COUNTS', 'XT_VERIFY_STATUS'];
  const [entries, series, search] = ['XT_VERIFY_ENTRIES', 'XT_VERIFY_SERIES', 'XT_VERIFY_SEARCH'];
  return [
    [
      [
        markOf(9_000),
        `UPDATE runs SET record = ${swapped('record', `"metric":${POINTS}`, '"metric":7')} WHERE id = ${ROW}`,
        `UPDATE params SET record = ${swapped('record', '0.1', '0.2')} WHERE run = ${ROW}`,
        `DELETE FROM chunks WHERE ${chunkOfLoss}`,
        `UPDATE run_metrics SET last = 99 WHERE run = ${ROW}`,
      ],
      [hole, counts, entries, series, search],
    ],
    [
      [
        markOf(2),
        `UPDATE runs SET record = ${swapped('record', '"completed"', '"failed"')} WHERE id = ${ROW}`,
        `DELETE FROM entries WHERE run = ${ROW}`,
        `DELETE FROM tracks WHERE run = ${ROW}`,
        `UPDATE tags SET text = 'audio' WHERE run = ${ROW}`,
      ],
      [mark, status, entries, series, search],
    ],
    [[`DELETE FROM marks WHERE run = ${ROW}`], [mark]],
    // PostgreSQL keeps no JSON that is none.
    ...(postgres
      ? []
      : ([
          [
            [
              `UPDATE runs SET record = '{"runId":"r' WHERE id = ${ROW}`,
              `UPDATE chunk_data SET data = x'00ff' WHERE chunk = ${FIRST_CHUNK}`,
              `UPDATE marks SET record = '{' WHERE run = ${ROW}`,
            ],
            ['XT_VERIFY_READ'],
          ],
        ] as const)),
  ];
}

export function repairs(name: string, place: () => Promise<Place>): void {
  it(`brings back everything that is derived: ${name}`, async () => {
    const there = await place();
    await fill(there);
    const before = [await digest(there), await digest(there, 'r2')] as const;
    for (const [sql, codes] of damagesOf(there)) {
      await there.change(sql.join('; '));
      const { r1, r2 } = await verified(there, true);
      expect(r1?.findings).toEqual([]);
      expect(r1?.repaired?.map(({ code }) => code)).toEqual(expect.arrayContaining([...codes]));
      expect(r2).toMatchObject({ findings: [], repaired: [] });
      // Who holds it was in the row alone.
      const lost = codes.includes('XT_VERIFY_READ') ? ['record'] : [];
      expect(differences(before[0], await digest(there))).toEqual(lost);
    }
    // A run that is not over is taken up by each that starts.
    expect(differences(before[1], await digest(there, 'r2')).filter((part) => part !== 'record')).toEqual([]);
    // Nothing is left of what was replaced, and the run goes on.
    const xtrack = await startOf(there);
    await feed(xtrack, 'r1', [{ type: 'metric', key: 'loss', value: 5, step: 9_999 }] as EventBody[], POINTS + 6);
    expect((await xtrack.listSeries('r1')).map(({ count }) => count)).toEqual([POINTS + 1]);
    await xtrack.close();
    expect((await verified(there, false)).r1?.findings).toEqual([]);
  });

  it(`takes nothing away of a run whose log is damaged, and brings back what it still tells: ${name}`, async () => {
    const there = await place();
    await fill(there);
    const block = `blocks SET bytes = ${there.postgres ? "'\\xdbdbdbdb'" : "x'dbdbdbdb'"}`;
    const id = there.postgres ? 'number' : 'id';
    await there.change(`UPDATE ${block} WHERE run = ${ROW} AND ${id} = (SELECT min(${id}) + 1 FROM blocks WHERE run = ${ROW})`);
    await there.change(`DELETE FROM entries WHERE run = ${ROW}`);
    const { r1, r2 } = await verified(there, true);
    expect(r1?.findings.map(({ code }) => code)).toContain('XT_VERIFY_BLOCK');
    expect(r1?.repaired?.map(({ code }) => code)).toContain('XT_VERIFY_ENTRIES');
    expect(r2?.findings).toEqual([]);
    const xtrack = await startOf(there);
    expect((await xtrack.listSeries('r1')).map(({ count }) => count)).toEqual([POINTS]);
    expect((await xtrack.getLogs('r1')).map(({ message }) => message)).toEqual(['a line']);
    expect(await xtrack.getRun('r1')).toMatchObject({ status: 'completed', counts: { metric: POINTS } });
    await xtrack.close();
  });
}

const folders: string[] = [];

/** A data directory that is gone after the tests. */
export async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'xtrack-repair-'));
  folders.push(made);
  return made;
}

afterAll(async () => {
  for (const made of folders) await rm(made, { recursive: true });
});
