// A control plane that starts beside a damaged run takes up the others.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Run, XTrack } from '../src/index.js';
import { encodeEvent, type TrackEvent } from '../src/protocol/index.js';
import { openWriter } from '../src/storage/sqlite/driver.js';
import { openSqliteStore } from '../src/storage/sqlite/store.js';
import { SampleRun, sampleRecord } from '../src/testing/sample-run.js';
import { Peer } from './support/peer.js';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'xtrack-damaged-'));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

function change(sql: string): void {
  const connection = openWriter(join(directory, 'xtrack.db'));
  connection.exec(sql);
  connection.close();
}

/** Cut off, of another shape, of another run. */
const DAMAGED = { cut: `'{"runId":"dam'`, list: `'[1,2]'`, other: `replace(record, '"other"', '"another"')` };

describe('a damaged row of a live run', () => {
  it('keeps no control plane from the others, and is marked where it is listed', async () => {
    const store = await openSqliteStore({ directory });
    const owner = { pid: 4_194_305, startTime: 'never' };
    const runIds = [...Object.keys(DAMAGED), 'sound'];
    for (const runId of runIds)
      await store.commit(
        new SampleRun(runId).metric({ seq: 1 }).take({ runs: [sampleRecord(runId, { name: runId, status: 'running', owner })] }),
      );
    await store.close();
    for (const [runId, record] of Object.entries(DAMAGED)) change(`UPDATE runs SET record = ${record} WHERE run_id = '${runId}'`);
    const xtrack = await XTrack.start({ directory });
    try {
      await expect.poll(async () => (await xtrack.getRun('sound')).status).toBe('interrupted');
      const marks = (runs: readonly Run[]): object =>
        Object.fromEntries(runs.map(({ runId, name, damaged }) => [runId, [name, damaged !== null]]));
      const expected = Object.fromEntries(runIds.map((runId) => [runId, [runId, runId !== 'sound']]));
      expect(marks(await xtrack.listRuns())).toEqual(expected);
      expect(marks((await xtrack.search('status != "failed"')).runs)).toEqual(expected);
      expect(marks((await xtrack.search('metrics.loss > -1e9')).runs)).toEqual(expected);
      expect(marks([await xtrack.getRun('cut')])).toEqual({ cut: ['cut', true] });
      // Nothing is built upon it.
      await expect(xtrack.updateRun('cut', { name: 'again' })).rejects.toThrow(expect.objectContaining({ code: 'XT_RUN_DAMAGED' }));
    } finally {
      await xtrack.close();
    }
  });
});

describe('a damaged block of a run that goes on', () => {
  it('ends no search and no commit of another run', async () => {
    const store = await openSqliteStore({ directory });
    const runs = ['damaged', 'sound'].map((runId) => ({ runId, run: new SampleRun(runId) }));
    for (const { runId, run } of runs)
      await store.commit(run.metric({ seq: 1 }).take({ runs: [sampleRecord(runId, { status: 'running' })] }));
    await store.close();
    change(
      "UPDATE blocks SET bytes = CAST(replace(bytes, 'loss', 'lost') AS BLOB) WHERE run = (SELECT id FROM runs WHERE run_id = 'damaged')",
    );
    change('UPDATE runs SET tail_block = 0, unsettled = 1');
    const again = await openSqliteStore({ directory });
    try {
      const metric = { kind: 'metric', key: 'loss', phase: '', stat: 'last' } as const;
      const where = { kind: 'not', of: { kind: 'null', of: metric } } as const;
      expect((await again.search({ where, orderBy: [], limit: 9 })).runs.map(({ runId }) => runId)).toEqual(['sound']);
      await expect(again.readBlocks('damaged')[Symbol.asyncIterator]().next()).rejects.toThrow(/block \d+.*checksum/);
      await expect(again.commit(new SampleRun('damaged').metric({ seq: 2 }).take())).rejects.toThrow(/checksum/);
      expect(await again.commit(new SampleRun('sound').metric({ seq: 2 }).take())).toEqual([]);
    } finally {
      await again.close();
    }
  });
});

describe('a damaged block behind the tail of a run that goes on', () => {
  const peers: Peer[] = [];

  afterEach(() => {
    for (const peer of peers.splice(0)) peer.close();
  });

  /** A worker that has told `known` events before, and tells one more. */
  async function worker(runId: string, known: number): Promise<Peer> {
    const peer = new Peer({ path: join(directory, 'xtrack.sock') }, { runId });
    peers.push(peer);
    await peer.hello();
    peer.send({ type: 'metric', key: 'loss', value: known }, known + 1);
    return peer;
  }

  it('takes nothing of its worker and says why, holds up no other run, and goes on after a repair', async () => {
    let xtrack = await XTrack.start({ directory });
    try {
      for (const runId of ['damaged', 'sound']) await (await worker(runId, 0)).acked(1);
      await xtrack.close();
      change("UPDATE blocks SET bytes = x'dbdbdbdb' WHERE run = (SELECT id FROM runs WHERE run_id = 'damaged')");
      change("UPDATE runs SET tail_block = 0, unsettled = 1 WHERE run_id = 'damaged'");
      xtrack = await XTrack.start({ directory });
      const refused = await worker('damaged', 1);
      // Nothing is acknowledged: the spool of an emitter stays.
      expect(await refused.waitFor(({ type }) => type === 'ack')).toMatchObject({
        seq: 0,
        error: expect.stringMatching(/^XT_STORE_READ: .*block/),
      });
      await (await worker('sound', 1)).acked(2);
      await xtrack.close();
      xtrack = await XTrack.start({ directory });
      for await (const { runId, repaired } of xtrack.verify({ repair: true }))
        expect([runId, repaired?.length !== 0]).toEqual([runId, runId === 'damaged']);
      await (await worker('damaged', 1)).acked(2);
      await (await worker('sound', 2)).acked(3);
    } finally {
      await xtrack.close();
    }
  });
});

describe('a damaged record of a run', () => {
  it('hides none beside it', async () => {
    const xtrack = await XTrack.start({ directory });
    const events = [
      { type: 'param', key: 'a', value: 1 },
      { type: 'param', key: 'b', value: 2 },
      { type: 'log', level: 'info', message: 'first line' },
      { type: 'log', level: 'info', message: 'second line' },
    ].map((body, at) => ({ runId: 'r', worker: '', incarnation: 'i', seq: at + 1, ts: 1_700_000_000_000_000, ...body }) as TrackEvent);
    await xtrack.ingest(Buffer.concat(events.map(encodeEvent)), { format: 'frames', mayWrite: () => true });
    change(`UPDATE params SET record = '{"ty' WHERE key = 'a'`);
    change("UPDATE entries SET record = substr(record, 1, 20) WHERE record LIKE '%first line%'");
    try {
      expect(await xtrack.getParams('r')).toEqual({ '[damaged: this cannot be read]': null, b: 2 });
      expect((await xtrack.getLogs('r')).map(({ message }) => message)).toEqual(['[damaged: this cannot be read]', 'second line']);
      expect((await xtrack.getLogs('r', { text: 'line' })).map(({ message }) => message)).toEqual(['second line']);
    } finally {
      await xtrack.close();
    }
  });
});
