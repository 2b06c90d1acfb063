// A recorded file counts as taken in only when every event in it is stored: a spool of which one is not stays where it is.

import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeEvent, type TrackEvent, XTrackError } from '../../protocol/index.js';
import { Hub } from '../../runtime/hub.js';
import { processStartTime } from '../../runtime/process/process-identity.js';
import { openMemoryStore } from '../../storage/memory/store.js';
import type { Batch, Store } from '../../storage/store.js';
import { replayFile } from './file.js';
import { SpoolSweeper } from './spool.js';

const EVENTS = 20_000;

let folder: string;
let store: Store;
let hub: Hub;
/** What is done in place of the next commit of a run. */
let step: ((batch: Batch) => Promise<void>) | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'xtrack-replay-'));
  store = await openMemoryStore();
  const commit = store.commit.bind(store);
  step = undefined;
  store.commit = async (batch): ReturnType<Store['commit']> => {
    const now = step;
    step = undefined;
    await now?.(batch);
    return await commit(batch);
  };
  hub = new Hub({ store, onCommitFailure: () => undefined });
});

afterEach(async () => {
  await hub.close();
  await rm(folder, { recursive: true, force: true });
});

async function spool(name: string): Promise<string> {
  const identity = { runId: 'r', worker: 'w', incarnation: '00000001-a' };
  // Of a process that never was: nobody writes to it any more.
  const writer = { pid: 4_194_305, pid_start: 1, boot_id: 'none', closed: true };
  const head = JSON.stringify({
    v: 1,
    t: 'hello',
    m: { seq: 0, ts: 1, wid: 'w', inc: '00000001-a' },
    p: { run_id: 'r', caps: ['ack'], spool: writer },
  });
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(head));
  const events = Array.from({ length: EVENTS }, (_, at): TrackEvent => {
    return { type: 'metric', ...identity, seq: at + 1, ts: 1e15 + at, key: 'loss', value: at };
  });
  const path = join(folder, name);
  await writeFile(path, Buffer.concat([length, Buffer.from(head), ...events.map((event) => encodeEvent(event))]));
  return path;
}

async function stored(): Promise<number> {
  let events = 0;
  for await (const block of store.readBlocks('r')) events += block.events;
  return events;
}

const refuse = async (): Promise<never> => {
  throw new XTrackError('XT_STORE_WRITE', { detail: 'refused' });
};

describe('a recorded file', () => {
  it('is not taken in where a commit of it is refused, and is taken in once when it is replayed again', async () => {
    const path = await spool('a.spool');
    step = refuse;
    await expect(replayFile(hub, path)).rejects.toMatchObject({ code: 'XT_STORE_WRITE' });
    expect(await replayFile(hub, path)).toMatchObject({ refused: 0 });
    expect([await stored(), (await store.getMarks('r'))[0]?.contiguous]).toEqual([EVENTS, EVENTS]);
    expect(await replayFile(hub, path)).toMatchObject({ events: 0, duplicates: EVENTS });
  });

  it('is not taken in where somebody else writes to its run meanwhile', async () => {
    const path = await spool('a.spool');
    const other = new Hub({ store, onCommitFailure: () => undefined });
    (await hub.collector('r')).change(() => undefined);
    await hub.journal.flush('r');
    step = async () => {
      (await other.collector('r')).change(() => undefined);
      await other.journal.flush('r');
    };
    await expect(replayFile(hub, path)).rejects.toMatchObject({ code: 'XT_RUN_CHANGED' });
    await replayFile(hub, path);
    expect(await stored()).toBe(EVENTS);
  });

  it('is taken in at once where somebody else wrote to its run before', async () => {
    const path = await spool('a.spool');
    const other = new Hub({ store, onCommitFailure: () => undefined });
    (await hub.collector('r')).change(() => undefined);
    await hub.journal.flush('r');
    (await other.collector('r')).change(() => undefined);
    await other.journal.flush('r');
    await replayFile(hub, path);
    expect(await stored()).toBe(EVENTS);
  });
});

describe('a spool of the dead', () => {
  it('stays until every event of it is stored', async () => {
    await spool('a.spool');
    const sweeper = new SpoolSweeper(hub, folder);
    step = refuse;
    await sweeper.sweepOrphans();
    expect(await readdir(folder)).toEqual(['a.spool']);
    await sweeper.sweepRun('r');
    expect([await readdir(folder), await stored()]).toEqual([[], EVENTS]);
  });

  it('stays where another control plane that lives holds its run', async () => {
    await spool('a.spool');
    const record = { runId: 'r', createdAt: 1 };
    (await hub.create('r', (state) => Object.assign(state, record, { status: 'running' }))).change((state) => {
      state.owner = { pid: process.ppid, startTime: processStartTime(process.ppid) ?? '' };
    });
    await hub.journal.flush('r');
    const other = new Hub({ store, onCommitFailure: () => undefined });
    await new SpoolSweeper(other, folder).sweepOrphans();
    expect([await readdir(folder), await stored()]).toEqual([['a.spool'], 0]);
    await other.close();
  });

  it('goes where its run was removed for good, and does not bring it back', async () => {
    const path = await spool('a.spool');
    await replayFile(hub, path);
    hub.forget('r');
    await store.deleteRun('r');
    await new SpoolSweeper(hub, folder).sweepOrphans();
    await hub.journal.flush();
    expect([await readdir(folder), await store.getRun('r')]).toEqual([[], undefined]);
  });
});
