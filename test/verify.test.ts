// A run against its own event log: whatever is damaged beside the log is named, and so is damage in the log itself.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { VerifiedRun } from '../src/index.js';
import { encodeEvent, type TrackEvent } from '../src/protocol/index.js';
import { type Connection, openWriter } from '../src/storage/sqlite/driver.js';
import { XTrack } from '../src/xtrack.js';
import type { EventBody } from './support/api.js';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'xtrack-verify-'));
});

afterEach(() => rm(directory, { recursive: true }));

const POINTS = 3_000;

async function feed(xtrack: XTrack, runId: string, bodies: readonly EventBody[], from = 1): Promise<void> {
  const place = { runId, worker: '', incarnation: 'inc-1' };
  const events = bodies.map((body, at) => ({ ...place, seq: from + at, ts: 1_700_000_000_000_000 + from + at, ...body }) as TrackEvent);
  await xtrack.ingest(Buffer.concat(events.map(encodeEvent)), { format: 'frames', mayWrite: () => true });
}

/** A whole run, in several commits. */
async function fill(): Promise<void> {
  const xtrack = await XTrack.start({ directory });
  await feed(xtrack, 'r1', [
    { type: 'run_start', name: 'whole', tags: { team: 'vision' } },
    { type: 'param', key: 'lr', value: 0.1 },
    { type: 'param', key: 'note', value: 'text' },
    { type: 'checkpoint', step: 3, path: '/c/3' },
    { type: 'log', level: 'info', message: 'a line' },
  ] as EventBody[]);
  const metrics = Array.from(
    { length: POINTS },
    (_, at): EventBody => ({ type: 'metric', key: 'loss', value: Math.sin(at) * 3, step: at }),
  );
  for (let at = 0; at < POINTS; at += 1_000) await feed(xtrack, 'r1', metrics.slice(at, at + 1_000), 6 + at);
  await feed(xtrack, 'r1', [{ type: 'run_end', status: 'completed' }], 6 + POINTS);
  await feed(xtrack, 'r2', [
    { type: 'run_start', name: 'other' },
    { type: 'metric', key: 'loss', value: 1 },
  ]);
  await xtrack.close();
}

async function verified(): Promise<VerifiedRun[]> {
  const xtrack = await XTrack.start({ directory, readOnly: true });
  try {
    const runs: VerifiedRun[] = [];
    for await (const run of xtrack.verify()) runs.push(run);
    return runs.sort((a, b) => (a.runId < b.runId ? -1 : 1));
  } finally {
    await xtrack.close();
  }
}

function damage(work: (connection: Connection) => void): void {
  const connection = openWriter(join(directory, 'xtrack.db'));
  work(connection);
  connection.close();
}

const ROW = "(SELECT id FROM runs WHERE run_id = 'r1')";

const DAMAGES: readonly (readonly [string, string, string])[] = [
  ['a mark that says too much', `UPDATE marks SET record = json_set(record, '$.contiguous', 9000) WHERE run = ${ROW}`, 'XT_VERIFY_HOLE'],
  ['a mark that says too little', `UPDATE marks SET record = json_set(record, '$.contiguous', 2) WHERE run = ${ROW}`, 'XT_VERIFY_MARK'],
  ['a mark that is gone', `DELETE FROM marks WHERE run = ${ROW}`, 'XT_VERIFY_MARK'],
  ['a count', `UPDATE runs SET record = json_set(record, '$.counts.metric', 7) WHERE id = ${ROW}`, 'XT_VERIFY_COUNTS'],
  ['a status', `UPDATE runs SET record = json_set(record, '$.status', 'failed') WHERE id = ${ROW}`, 'XT_VERIFY_STATUS'],
  ['a param', `UPDATE params SET record = json_set(record, '$.value', 0.2) WHERE run = ${ROW} AND key = 'lr'`, 'XT_VERIFY_ENTRIES'],
  ['a param that is gone', `DELETE FROM params WHERE run = ${ROW} AND key = 'lr'`, 'XT_VERIFY_ENTRIES'],
  ['a log line', `UPDATE entries SET record = replace(record, 'a line', 'a lime') WHERE run = ${ROW}`, 'XT_VERIFY_ENTRIES'],
  ['a checkpoint that is gone', `DELETE FROM entries WHERE run = ${ROW} AND kind = 'checkpoint'`, 'XT_VERIFY_ENTRIES'],
  ['a series that is gone', `DELETE FROM tracks WHERE run = ${ROW}`, 'XT_VERIFY_SERIES'],
  ['points that are gone', `DELETE FROM chunks WHERE id = (SELECT min(id) FROM chunks)`, 'XT_VERIFY_SERIES'],
  ['what a search finds of a metric', `UPDATE run_metrics SET last = 99 WHERE run = ${ROW}`, 'XT_VERIFY_SEARCH'],
  ['what a search finds of a param', `UPDATE params SET number = 7 WHERE run = ${ROW} AND key = 'lr'`, 'XT_VERIFY_SEARCH'],
  ['what a search finds of a tag', `UPDATE tags SET text = 'audio' WHERE run = ${ROW}`, 'XT_VERIFY_SEARCH'],
  ['a block that is gone', `DELETE FROM blocks WHERE id = (SELECT max(id) FROM blocks WHERE run = ${ROW})`, 'XT_VERIFY_HOLE'],
  [
    'a block that is there twice',
    `INSERT INTO blocks (run, codec, events, implied, bytes) SELECT run, codec, events, implied, bytes FROM blocks WHERE run = ${ROW} LIMIT 1`,
    'XT_VERIFY_TWICE',
  ],
  ['a count of events of a block', `UPDATE blocks SET events = events + 1 WHERE run = ${ROW}`, 'XT_VERIFY_BLOCK'],
];

describe('verify', { timeout: 120_000 }, () => {
  it('finds nothing where nothing is wrong, whether the run is over or goes on', async () => {
    await fill();
    expect(await verified()).toEqual([
      { runId: 'r1', name: 'whole', events: POINTS + 6, findings: [] },
      { runId: 'r2', name: 'other', events: 2, findings: [] },
    ]);
  });

  it.each(DAMAGES)('names %s', async (_, sql, code) => {
    await fill();
    damage((connection) => connection.exec(sql));
    const [r1, r2] = await verified();
    expect(r1?.findings.map((finding) => finding.code)).toContain(code);
    expect(r2?.findings).toEqual([]);
  });

  it('tells of every flipped bit in the log, and never fails over one', async () => {
    await fill();
    let found = 0;
    for (let round = 0; round < 40; round += 1) {
      let undo = (): void => undefined;
      damage((connection) => {
        const { id, bytes } = connection.prepare(`SELECT id, bytes FROM blocks WHERE run = ${ROW} ORDER BY id LIMIT 1 OFFSET 1`).get() as {
          id: number;
          bytes: Uint8Array;
        };
        const flipped = Uint8Array.from(bytes);
        const at = Math.floor((round * flipped.length) / 40);
        flipped[at] = (flipped[at] as number) ^ (1 << (round % 8));
        connection.prepare('UPDATE blocks SET bytes = ? WHERE id = ?').run(flipped, id);
        undo = () => damage((again) => again.prepare('UPDATE blocks SET bytes = ? WHERE id = ?').run(bytes, id));
      });
      const [r1, r2] = await verified();
      if ((r1?.findings.length ?? 0) > 0) found += 1;
      expect(r2?.findings).toEqual([]);
      undo();
    }
    expect(found).toBe(40);
    expect((await verified())[0]?.findings).toEqual([]);
  });
});
