// Runs kept in PostgreSQL, from the outside: the command line, a second control plane that follows the first, a server that goes away
// under load. XTRACK_OUTAGE_SECONDS sets how long (60 for the full proof).

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { XTrack } from '../src/index.js';
import { openPostgresStore } from '../src/storage/postgres/index.js';
import { sampleBatch, sampleRecord } from '../src/testing/sample-run.js';
import { cli, type Serving } from './support/control-plane.js';
import { Peer } from './support/peer.js';
import { POSTGRES, PostgresServer } from './support/postgres.js';
import { PostgresProxy } from './support/postgres-proxy.js';
import { Stage, trainer } from './support/stage.js';

const OUTAGE_S = Number(process.env.XTRACK_OUTAGE_SECONDS ?? 4);
/** What the control plane may grow by while its store is away (MiB): journal and sockets are bounded, the rest is slack of the heap. */
const GROWTH_MIB = 150;

describe.skipIf(POSTGRES === undefined)('runs kept in PostgreSQL (needs PostgreSQL)', () => {
  let postgres: PostgresServer;
  let stage: Stage;
  let url: string;

  beforeAll(async () => {
    postgres = await PostgresServer.start();
  });

  beforeEach(async () => {
    stage = await Stage.open();
    url = postgres.url(await postgres.createDatabase());
  });

  afterEach(() => stage.close());
  afterAll(() => postgres.remove());

  it('are served by every command that is given the database', async () => {
    const place = ['--data', stage.directory, '--database', url];
    const script = await stage.script('train.py', trainer(300, 0));
    const run = await cli('run', ...place, '--run-id', 'one', '--', 'python3', script);
    expect(run).toMatchObject({ code: 0 });
    const listed = await cli('list', ...place, '--json');
    expect(listed.stdout).toContain('"one"');
    expect((await cli('metrics', 'one', 'loss', ...place, '--json')).stdout).toContain('299');
    const elsewhere = await cli('list', '--data', stage.directory, '--json');
    expect(elsewhere.stderr).toContain('XT_STORE_OPEN');
    expect((await cli('delete', 'one', '--yes', ...place)).code).toBe(0);
    expect((await cli('list', ...place, '--json')).stdout).not.toContain('"one"');
  });

  it('are not mixed with a store that was chosen, and a script is not told where they are', async () => {
    const wrong = XTrack.start({ directory: stage.directory, database: url, store: 'sqlite' });
    await expect(wrong).rejects.toMatchObject({ code: 'XT_ARGUMENT', field: 'store' });
    const script = await stage.script('print.py', 'import os\nprint("database:", os.environ.get("XTRACK_DATABASE"))\n');
    process.env.XTRACK_DATABASE = url;
    const xtrack = await XTrack.start({ directory: stage.directory });
    try {
      const { runId } = await xtrack.startRun({ command: 'python3', args: [script] });
      await xtrack.waitForRun(runId);
      expect((await xtrack.getLogs(runId)).map(({ message }) => message)).toContain('database: None');
    } finally {
      delete process.env.XTRACK_DATABASE;
      await xtrack.close();
    }
  });

  it('of one control plane are heard live by another, on another data directory', async () => {
    const other = await Stage.open();
    const writer = await XTrack.start({ directory: stage.directory, database: url });
    const reader = await XTrack.start({ directory: other.directory, database: url, readOnly: true });
    try {
      const heard: unknown[] = [];
      const items = reader.subscribe('*');
      const listening = (async () => {
        for await (const item of items) {
          if (item.type === 'metric') heard.push(item.value);
          else if (item.type === 'run_changed') heard.push(item.run.status);
        }
      })();
      await writer.startCollector('live');
      const peer = new Peer({ path: writer.socketPath as string }, { runId: 'live' });
      await peer.hello();
      peer.send({ type: 'run_start', name: 'live' });
      let value = 0;
      const log = async (): Promise<void> => {
        value += 1;
        peer.send({ type: 'metric', key: 'loss', value });
        await peer.acked(value + 1);
      };
      // It hears from the moment on at which the server knows that it listens.
      while (!heard.includes('running')) await log();
      const from = value;
      for (let more = 0; more < 50; more++) await log();
      const ended = reader.waitForRun('live');
      peer.send({ type: 'run_end', status: 'completed' });
      expect(await ended).toMatchObject({ status: 'completed' });
      while (heard.at(-1) !== 'completed') await delay(10);
      const values = heard.filter((item) => typeof item === 'number');
      expect(values.slice(-50)).toEqual(Array.from({ length: 50 }, (_, at) => from + at + 1));
      expect(values).toEqual(Array.from(values, (_, at) => (values[0] as number) + at));
      peer.close();
      await reader.close();
      await listening;
    } finally {
      await reader.close();
      await writer.close();
      await other.close();
    }
  });

  it('are steered where they live, and another control plane hears of it', async () => {
    const other = await Stage.open();
    const writer = await XTrack.start({ directory: stage.directory, database: url });
    const reader = await XTrack.start({ directory: other.directory, database: url, readOnly: true });
    try {
      const heard: string[] = [];
      const items = reader.subscribe('*', { types: ['command_changed'] });
      const listening = (async () => {
        for await (const item of items) if (item.type === 'command_changed') heard.push(item.command.status);
      })();
      const peer = new Peer({ path: writer.socketPath as string }, { runId: 'steered' });
      await peer.hello();
      peer.send({ type: 'run_start' });
      await peer.acked(1);
      // It hears from the moment on at which the server knows that it listens.
      while (heard.length === 0) {
        await writer.issueCommand('steered', 'pause', {}, { expiresInMs: 60_000 });
        await delay(50);
      }
      const from = heard.length;
      const { record, answered } = await writer.issueCommand('steered', 'resume');
      while (heard.length === from) await delay(10);
      peer.send({ type: 'command_result', commandId: record.commandId, status: 'ok' });
      expect(await answered).toMatchObject({ status: 'ok' });
      while (heard.at(-1) !== 'ok') await delay(10);
      expect(heard.slice(from)).toEqual(['sent', 'ok']);
      peer.close();
      await reader.close();
      await listening;
    } finally {
      await reader.close();
      await writer.close();
      await other.close();
    }
  });

  it('that end while a listener has lost the server are known to it when it is back', async () => {
    const proxy = await PostgresProxy.start(postgres.socket);
    const writer = await XTrack.start({ directory: stage.directory, database: url });
    const reader = await XTrack.start({
      directory: stage.directory,
      database: url.replace(/host=.*/, `host=${proxy.folder}`),
      readOnly: true,
    });
    try {
      await writer.startCollector('live');
      const peer = new Peer({ path: writer.socketPath as string }, { runId: 'live' });
      await peer.hello();
      const ended = reader.waitForRun('live');
      const heard = reader.subscribe('live', { types: ['metric'] })[Symbol.asyncIterator]();
      const first = heard.next();
      let listens = false;
      void first.then(() => {
        listens = true;
      });
      while (!listens) {
        peer.send({ type: 'metric', key: 'loss', value: 1 });
        await peer.acked(peer.seq);
      }
      proxy.cut();
      peer.send({ type: 'run_end', status: 'completed' });
      await peer.acked(peer.seq);
      expect(await ended).toMatchObject({ status: 'completed' });
      peer.close();
    } finally {
      await reader.close();
      await writer.close();
      await proxy.close();
    }
  });

  it('of a control plane on another machine are left to it while it gives signs of life, and taken over afterwards', async () => {
    const store = await openPostgresStore({ url });
    const owner = { pid: 1, startTime: '1@another boot', host: 'another machine', writer: store.writerId as string };
    await store.commit(sampleBatch({ runs: [sampleRecord('far', { owner })] }));
    const here = await XTrack.start({ directory: stage.directory, database: url });
    try {
      expect((await here.getRun('far')).status).toBe('running');
      await expect(here.stopRun('far')).rejects.toMatchObject({ code: 'XT_RUN_OWNED' });
      const items = here.subscribe('far');
      await store.close();
      for await (const item of items) if (item.type === 'run_changed' && item.run.status === 'interrupted') break;
      expect((await here.getRun('far')).status).toBe('interrupted');
    } finally {
      await here.close();
    }
  });

  it(
    `are whole after the server was away for ${OUTAGE_S} s under load, and memory stays bounded`,
    async () => {
      process.env.XTRACK_DATABASE = url;
      try {
        const server = await stage.serve();
        const events = 20_000 + OUTAGE_S * 10_000;
        const path = await stage.script('train.py', trainer(events, OUTAGE_S + 3));
        const exit = once(stage.worker(path, { XTRACK_RUN_ID: 'kept' }), 'exit');
        await stored(1_000);
        const before = await residentMib(server);
        await postgres.stop('immediate');
        await delay(OUTAGE_S * 1_000);
        const grown = (await residentMib(server)) - before;
        await postgres.go();
        expect((await exit)[0]).toBe(0);
        expect(await stage.finished('kept')).toMatchObject({ status: 'completed', counts: { metric: events, run_end: 1 } });
        await stage.expectWhole('kept', events);
        expect(grown).toBeLessThan(GROWTH_MIB);
      } finally {
        delete process.env.XTRACK_DATABASE;
      }
    },
    120_000 + OUTAGE_S * 3_000,
  );

  /** Resolves when the run has so many points. */
  async function stored(count: number): Promise<void> {
    await stage.read(async (xtrack) => {
      for (;;) {
        const series = await xtrack.listSeries('kept').catch(() => []);
        if ((series[0]?.count ?? 0) >= count) return;
        await delay(50);
      }
    });
  }
});

async function residentMib({ child }: Serving): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}
