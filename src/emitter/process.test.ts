// What the end of a process, its descriptors and its limits do to a run. Each case is a real process.

import type { ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TrackEvent } from '../protocol/events.js';
import { inFolder, Peer, readEventFile, until } from './testing/peer.js';
import { startWorker } from './testing/worker.js';

const program = (body: string): string => `import { startRun, logMetric, withRun, activeRun } from 'xtrack/emitter';\n${body}`;
const BUSY = program(`
  import { openSync, writeSync } from 'node:fs';
  const counter = openSync(process.env.COUNTER, 'w');
  const bytes = Buffer.alloc(8);
  startRun({ source: false });
  for (let step = 0; ; step++) {
    logMetric('loss', 1 / (step + 1), { step, phase: 'train' });
    bytes.writeDoubleLE(step + 2);
    writeSync(counter, bytes, 0, 8, 0);
    if (step % 500 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }`);

const spooled = (data: string): ReturnType<typeof readEventFile> => {
  const [name, ...more] = readdirSync(join(data, 'spool'));
  expect(more).toEqual([]);
  return readEventFile(join(data, 'spool', name ?? ''));
};
const seqs = (events: readonly TrackEvent[]): number[] => events.map((event) => event.seq);
const count = (to: number): number[] => Array.from({ length: to }, (_, index) => index + 1);
const fd3 = (child: ChildProcess): Socket => child.stdio[3] as Socket;

describe('a killed process', () => {
  it('loses no event whose call had returned', () =>
    inFolder(async (folder) => {
      for (let round = 0; round < 5; round++) {
        const data = join(folder, String(round));
        const counter = join(folder, `counter-${round}`);
        const worker = startWorker(BUSY, { XTRACK_DATA: data, COUNTER: counter });
        await until(() => returned(counter) > 100 + 700 * round);
        worker.process.kill('SIGKILL');
        expect((await worker.exit).signal).toBe('SIGKILL');
        const { events, problems } = spooled(data);
        expect(problems.filter((problem) => !problem.startsWith('XT_FRAME_TRUNCATED'))).toEqual([]);
        expect(seqs(events)).toEqual(count(events.length));
        expect(events.length).toBeGreaterThanOrEqual(returned(counter));
      }
    }));
});

/** The number of the last event whose call had returned, as the program noted it. */
function returned(counter: string): number {
  try {
    const bytes = readFileSync(counter);
    return bytes.length < 8 ? 0 : bytes.readDoubleLE();
  } catch {
    return 0;
  }
}

describe('the end of a process', () => {
  const ends = async (body: string) =>
    inFolder(async (data) => {
      const exit = await startWorker(program(body), { XTRACK_DATA: data }).exit;
      return { exit, ...spooled(data) };
    });

  it('by itself ends an open run as completed', async () => {
    const { exit, events } = await ends(`startRun({ source: false }); logMetric('loss', 1);`);
    expect(exit.code).toBe(0);
    expect(events.map((event) => event.type)).toEqual(['run_start', 'metric', 'run_end']);
    expect(events.at(-1)).toMatchObject({ status: 'completed' });
  });

  it('says in one line on stderr where the events are and how to import them, and nothing on stdout', async () => {
    const { exit } = await ends(`startRun({ runId: 'r1', source: false }); logMetric('loss', 1);`);
    expect(exit.stderr).toMatch(/^xtrack: run r1 .*: npx xtrack replay \S+\.xtf\n$/);
    expect(exit.stdout).toBe('');
  });

  it('by process.exit ends it by the code', async () => {
    expect((await ends(`startRun({ source: false }); process.exit(0);`)).events.at(-1)).toMatchObject({
      type: 'run_end',
      status: 'completed',
    });
    const { exit, events } = await ends(`startRun({ source: false }); process.exit(3);`);
    expect(exit.code).toBe(3);
    expect(events.at(-1)).toMatchObject({ type: 'run_end', status: 'failed', error: { message: 'the process exited with code 3' } });
  });

  it('by an uncaught error ends it as failed, with the error', async () => {
    const { exit, events } = await ends(`startRun({ source: false }); setTimeout(() => { throw new RangeError('diverged'); }, 5);`);
    expect(exit.code).toBe(1);
    expect(exit.stderr).toContain('RangeError: diverged');
    expect(events.at(-1)).toMatchObject({
      type: 'run_end',
      status: 'failed',
      error: { type: 'RangeError', message: 'diverged', traceback: expect.stringContaining('at ') },
    });
  });

  it('does not wait for a run that is open and connected, but for its acknowledgements', () =>
    inFolder(async (data) => {
      const peer = await Peer.listen(join(data, 'xtrack.sock'));
      const exit = await startWorker(program(`startRun({ source: false }); setTimeout(() => logMetric('loss', 1), 100);`), {
        XTRACK_DATA: data,
      }).exit;
      await peer.close();
      expect(exit).toMatchObject({ code: 0, stderr: '' });
      expect(peer.events.map((event) => event.type)).toEqual(['run_start', 'metric', 'run_end']);
      expect(readdirSync(join(data, 'spool'))).toEqual([]);
    }));
});

describe('the inherited descriptor', () => {
  it('carries events out, acks and commands in', () =>
    inFolder(async (data) => {
      const worker = startWorker(
        program(`await withRun({ source: false }, async (run) => {
          run.onCommand('custom', (payload) => payload.x * 2);
          while (!run.shouldStop) await new Promise((resolve) => setTimeout(resolve, 5));
        });`),
        { XTRACK_DATA: data, XTRACK_TRANSPORT: 'stdio', XTRACK_FD: '3', XTRACK_RUN_ID: 'given' },
        { fd3: 'pipe' },
      );
      const peer = new Peer();
      peer.serve(fd3(worker.process));
      await until(() => peer.events.length === 1);
      peer.say({ type: 'command', commandId: 'c', command: 'custom', payload: { x: 21 } });
      await until(() => peer.events.length === 2);
      peer.say({ type: 'command', commandId: 's', command: 'stop', payload: {} });
      expect(await worker.exit).toMatchObject({ code: 0, stderr: '' });
      expect(peer.events).toMatchObject([
        { type: 'run_start', runId: 'given' },
        { type: 'command_result', commandId: 'c', status: 'ok', result: 42 },
        { type: 'command_result', commandId: 's', status: 'ok' },
        { type: 'run_end', status: 'killed' },
      ]);
      expect(readdirSync(join(data, 'spool'))).toEqual([]);
    }));

  it('brings events also out of a loop that never yields', () =>
    inFolder(async (data) => {
      const body = `startRun({ source: false }); for (let step = 0; ; step++) { logMetric('loss', step); const until = performance.now() + 1; while (performance.now() < until); }`;
      const worker = startWorker(program(body), { XTRACK_DATA: data, XTRACK_FD: '3' }, { fd3: 'pipe' });
      const peer = new Peer();
      peer.serve(fd3(worker.process));
      await until(() => peer.events.length > 100);
      worker.process.kill('SIGKILL');
      await worker.exit;
      expect(seqs(peer.events)).toEqual(count(peer.events.length));
    }));

  it('gives way to XTRACK_SOCKET when the collector behind it dies', () =>
    inFolder(async (data) => {
      const next = join(data, 'next.sock');
      const body = `const run = startRun({ source: false }); for (let step = 0; !run.shouldStop; step++) { logMetric('loss', step); await new Promise((r) => setTimeout(r, 1)); }`;
      const worker = startWorker(program(body), { XTRACK_DATA: data, XTRACK_FD: '3', XTRACK_SOCKET: next }, { fd3: 'pipe' });
      const first = new Peer();
      first.serve(fd3(worker.process));
      await until(() => first.events.length > 50);
      first.drop();
      const second = await Peer.listen(next, { after: first });
      await until(() => second.events.length > first.events.length + 50);
      second.say({ type: 'command', commandId: 's', command: 'stop', payload: {} });
      expect((await worker.exit).code).toBe(0);
      await second.close();
      expect(seqs(second.events)).toEqual(count(second.events.length));
      expect(second.events.at(-1)).toMatchObject({ type: 'run_end' });
    }));

  it('is left alone when it is not there, no socket, or Node’s own channel', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'mine.txt');
      writeFileSync(file, 'mine');
      const handle = openSync(file, 'r+');
      const body = program(`startRun({ source: false }); logMetric('loss', 1); process.disconnect?.();`);
      for (const [name, descriptor] of Object.entries({ absent: undefined, file: handle, channel: 'ipc' as const })) {
        const data = join(folder, name);
        const worker = startWorker(
          body,
          { XTRACK_DATA: data, XTRACK_TRANSPORT: 'stdio', XTRACK_FD: '3' },
          descriptor === undefined ? {} : { fd3: descriptor },
        );
        expect(await worker.exit, name).toMatchObject({ code: 0, stdout: '' });
        expect(seqs(spooled(data).events), name).toEqual([1, 2, 3]);
      }
      closeSync(handle);
      expect(readFileSync(file, 'utf8')).toBe('mine');
    }));

  it('is taken once: neither a second run, a thread nor a child process writes to it', () =>
    inFolder(async (data) => {
      const body = `
        import { Worker } from 'node:worker_threads';
        import { spawnSync } from 'node:child_process';
        startRun({ source: false, runId: 'first' });
        startRun({ source: false, runId: 'second' });
        const script = "import('xtrack/emitter').then((m) => m.startRun({ source: false, runId: 'thread' }))";
        await new Promise((resolve) => new Worker(script, { eval: true, env: { ...process.env, XTRACK_FD: '3' } }).on('exit', resolve));
        process.stdout.write(String(process.env.XTRACK_FD));
        spawnSync(process.execPath, ['--input-type=module', '-e', "import { startRun } from 'xtrack/emitter'; startRun({ source: false, runId: 'child' })"]);`;
      const worker = startWorker(program(body), { XTRACK_DATA: data, XTRACK_FD: '3' }, { fd3: 'pipe' });
      const peer = new Peer();
      peer.serve(fd3(worker.process));
      expect(await worker.exit).toMatchObject({ code: 0, stdout: 'undefined' });
      expect(new Set(peer.events.map((event) => event.runId))).toEqual(new Set(['first']));
      const runs = readdirSync(join(data, 'spool')).map((name) => readEventFile(join(data, 'spool', name)).events[0]?.runId);
      expect(new Set(runs)).toEqual(new Set(['second', 'thread', 'child']));
    }));
});

describe('stdout, a file and limits', () => {
  it('stdio without a descriptor writes frames to stdout', () =>
    inFolder(async (data) => {
      const exit = await startWorker(program(`startRun({ source: false }); logMetric('loss', 1);`), {
        XTRACK_DATA: data,
        XTRACK_TRANSPORT: 'stdio',
      }).exit;
      writeFileSync(join(data, 'out'), Buffer.from(exit.stdout, 'latin1'));
      const { hellos, events, problems } = readEventFile(join(data, 'out'));
      expect([hellos.length, seqs(events), problems]).toEqual([1, [1, 2, 3], []]);
    }));

  it('a file transport appends, and keeps what was there', () =>
    inFolder(async (data) => {
      const env = { XTRACK_DATA: data, XTRACK_TRANSPORT: 'file', XTRACK_FILE: join(data, 'log.xtf') };
      for (const run of ['a', 'b'])
        await startWorker(program(`startRun({ source: false, runId: '${run}' }); logMetric('loss', 1);`), env).exit;
      const { events, problems } = readEventFile(env.XTRACK_FILE);
      expect(problems).toEqual([]);
      expect(events.map((event) => `${event.runId}${event.seq}`)).toEqual(['a1', 'a2', 'a3', 'b1', 'b2', 'b3']);
    }));

  it('null tracks nothing and leaves nothing', () =>
    inFolder(async (data) => {
      const exit = await startWorker(program(`const run = startRun(); logMetric('loss', 1); await run.end();`), {
        XTRACK_DATA: data,
        XTRACK_TRANSPORT: 'null',
      }).exit;
      expect(exit).toMatchObject({ code: 0, stdout: '', stderr: '' });
      expect(readdirSync(data)).toEqual([]);
    }));

  it('a spool that cannot grow goes on in memory, and everything still arrives', () =>
    inFolder(async (data) => {
      const peer = await Peer.listen(join(data, 'xtrack.sock'));
      const body = `const run = startRun({ source: false }); for (let step = 0; step < 5000; step++) logMetric('loss', step); await run.end();`;
      // 128 blocks of 512 bytes: the system refuses a file beyond that.
      const exit = await startWorker(program(body), { XTRACK_DATA: data }, { shell: 'ulimit -f 128' }).exit;
      await peer.close();
      expect(exit.code).toBe(0);
      expect(exit.stderr).toContain('cannot be written');
      expect(seqs(peer.events)).toEqual(count(5002));
    }));

  it('a data folder or a file that cannot be written costs no event', () =>
    inFolder(async (folder) => {
      writeFileSync(join(folder, 'blocked'), '');
      const temporary = join(folder, 'tmp');
      mkdirSync(temporary, { mode: 0o700 });
      const spool = join(temporary, `xtrack-${process.getuid?.() ?? 0}`);
      const body = program(`startRun({ source: false }); logMetric('loss', 1);`);
      const noData = await startWorker(body, { XTRACK_DATA: join(folder, 'blocked', 'data'), TMPDIR: temporary }).exit;
      expect(noData.stderr).toContain(spool);
      expect(seqs(spooled(spool).events)).toEqual([1, 2, 3]);
      const data = join(folder, 'data');
      const noFile = await startWorker(body, { XTRACK_DATA: data, XTRACK_FILE: join(folder, 'blocked', 'log.xtf') }).exit;
      expect(noFile.stderr).toContain(join(data, 'spool'));
      expect(seqs(spooled(data).events)).toEqual([1, 2, 3]);
    }));
});
