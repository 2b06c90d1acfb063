import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TrackEvent } from '../protocol/events.js';
import { CONTROL_WORKER, cleanSource, initialState, type RunState, recordFromState, reduce, stateFromRecord } from './run-state.js';

const base = { runId: 'r1', worker: '', incarnation: 'a', seq: 1, ts: 1_000 };
const fold = (...events: TrackEvent[]): RunState => events.reduce(reduce, initialState('r1', 500));
const started = (over: Partial<TrackEvent> = {}): TrackEvent =>
  ({ ...base, type: 'run_start', name: 'first', tags: { a: '1' }, ...over }) as TrackEvent;
const ended = (status: 'completed' | 'failed' | 'killed', over: Partial<TrackEvent> = {}): TrackEvent =>
  ({ ...base, type: 'run_end', status, ts: 9_000, ...over }) as TrackEvent;
const exited = (status: 'completed' | 'failed' | 'killed', code: number | null, signal: string | null): TrackEvent =>
  ({
    ...base,
    type: 'run_end',
    worker: CONTROL_WORKER,
    status,
    ts: 9_500,
    error: { message: 'gone' },
    exit: { code, signal },
  }) as TrackEvent;

describe('reduce', () => {
  it('starts a run with what run_start says, and runs', () => {
    const state = fold(started());
    expect(state).toMatchObject({ status: 'running', name: 'first', tags: { a: '1' }, startedAt: 1_000 });
  });

  it('keeps the name that the control plane gave', () => {
    const state = initialState('r1', 1);
    state.name = 'mine';
    expect(reduce(state, started()).name).toBe('mine');
  });

  it('ends with the only worker', () => {
    expect(fold(started(), ended('completed'))).toMatchObject({ status: 'completed', endedAt: 9_000 });
    expect(fold(started(), ended('failed', { error: { message: 'boom' } }))).toMatchObject({
      status: 'failed',
      error: { message: 'boom' },
    });
  });

  it('waits for every worker, and fails when one failed', () => {
    const two = started({ worker: '1' });
    const running = fold(started({ worker: '0' }), two, ended('failed', { worker: '0', error: { message: 'x' } }));
    expect(running.status).toBe('running');
    expect(reduce(running, ended('completed', { worker: '1' })).status).toBe('failed');
  });

  it('is not begun again by what a fork or a program of a worker still had to send', () => {
    for (const worker of ['.f123', '0.p7']) {
      const state = fold(started(), ended('completed'), { ...base, worker, type: 'metric', key: 'late', value: 1 });
      expect(state.status).toBe('completed');
    }
  });

  it('is not failed by a fork that said nothing of its end, where the worker itself did and nobody knows how the process went', () => {
    for (const worker of ['.f123', '0.p7']) {
      const forked = [started(), { ...base, worker, type: 'log', level: 'info', message: 'm' } as TrackEvent];
      const state = fold(...forked, ended('completed'), exited('failed', null, null));
      expect(state).toMatchObject({ status: 'completed', error: null });
      expect(fold(...forked, ended('killed'), exited('failed', null, null)).status).toBe('killed');
      expect(fold(...forked, exited('failed', null, 'SIGKILL')).status).toBe('failed');
      expect(fold(forked[1] as TrackEvent, exited('failed', null, 'SIGKILL')).status).toBe('failed');
    }
  });

  it('does not wait for forked children of a worker', () => {
    expect(fold(started({ worker: '0' }), started({ worker: '0.f123' }), ended('completed', { worker: '0' })).status).toBe('completed');
  });

  it('shows status and progress, and is not ended by a status', () => {
    const state = fold(started(), { ...base, type: 'status', status: 'completed', message: 'done', progress: { current: 3, total: 3 } });
    expect(state).toMatchObject({ status: 'finishing', message: 'done', progress: { current: 3, total: 3 } });
  });

  it('ends as the process ended when the worker said nothing', () => {
    const state = fold(started(), exited('failed', null, 'SIGKILL'));
    expect(state).toMatchObject({ status: 'failed', exit: { code: null, signal: 'SIGKILL' }, error: { message: 'gone' } });
  });

  it('of a supervised process is over only when the process is', () => {
    const state = fold(started());
    state.process = { pid: 1, startTime: '', command: 'x', args: [], cwd: '/', stdoutPath: 'o', stderrPath: 'e' };
    expect(reduce(state, ended('completed')).status).toBe('finishing');
    expect(reduce(state, exited('completed', 0, null))).toMatchObject({ status: 'completed', endedAt: 9_500, exit: { code: 0 } });
  });

  it('believes the worker about its end, and records the exit beside it', () => {
    expect(fold(started(), ended('completed'), exited('completed', 0, null))).toMatchObject({
      status: 'completed',
      error: null,
      exit: { code: 0 },
    });
  });

  it.each([
    ['a code', 'failed', 3, null, 'failed'],
    ['a signal', 'failed', null, 'SIGSEGV', 'failed'],
    ['a signal that was asked for', 'killed', null, 'SIGTERM', 'killed'],
    ['a code that nobody knows', 'failed', null, null, 'completed'],
    ['none, although it was asked to stop', 'killed', 0, null, 'completed'],
  ] as const)('lets the exit decide where the worker said that all went well: %s', (_, status, code, signal, right) => {
    const error = right === 'failed' ? { message: 'gone' } : right === 'killed' ? expect.anything() : null;
    expect(fold(started(), ended('completed'), exited(status, code, signal))).toMatchObject({ status: right, error });
    expect(fold(started(), exited(status, code, signal), ended('completed'))).toMatchObject({ status: right });
  });

  it('takes the worker’s own word when it comes after the process was given up', () => {
    expect(fold(started(), exited('failed', null, null), ended('completed'))).toMatchObject({ status: 'completed', error: null });
  });

  it('goes on when a newer incarnation starts, and ignores what an older one still says', () => {
    const again = fold(started(), ended('failed', { error: { message: 'x' } }), started({ incarnation: 'b' }));
    expect(again).toMatchObject({ status: 'running', endedAt: null, error: null });
    expect(reduce(again, ended('completed', { incarnation: 'a' })).status).toBe('running');
  });

  it('is no longer interrupted once its worker is heard', () => {
    const state = fold(started());
    state.status = 'interrupted';
    expect(reduce(state, { ...base, type: 'metric', key: 'loss', value: 1 }).status).toBe('running');
  });

  it('remembers how much output is captured', () => {
    const log = (seq: number): TrackEvent => ({
      ...base,
      worker: CONTROL_WORKER,
      seq,
      type: 'log',
      level: 'info',
      message: 'x',
      logger: 'stdout',
      fields: { stream: 'stdout', offset: seq * 2 },
    });
    const state = fold(...Array.from({ length: 3 }, (_, index) => log(index + 1)));
    expect(state.captured.stdout).toBe(6);
  });

  it('adds up to the same whether it is known that there is a process or not: a log that is folded again says what its row says', () => {
    const kinds = ['start', 'end', 'fail', 'exit', 'status'] as const;
    const events = fc.array(
      fc.record({ kind: fc.constantFrom(...kinds), worker: fc.constantFrom('', '1', '.p7'), incarnation: fc.constantFrom('a', 'b') }),
      { maxLength: 12 },
    );
    const make = ({ kind, ...who }: { kind: (typeof kinds)[number]; worker: string; incarnation: string }, at: number): TrackEvent => {
      const over = { ...who, ts: 1_000 + at };
      if (kind === 'start') return started(over);
      if (kind === 'end') return ended('completed', over);
      if (kind === 'fail') return ended('failed', { ...over, error: { message: `${at}` } });
      if (kind === 'exit') return { ...exited('failed', 1, null), ts: 1_000 + at };
      return { ...base, ...over, type: 'status', status: 'training' };
    };
    const exit = { ...exited('completed', 0, null), ts: 2_000 };
    fc.assert(
      fc.property(events, fc.nat(12), (list, away) => {
        const live = initialState('r1', 1);
        live.process = { pid: 1, startTime: '', command: 'x', args: [], cwd: '/', stdoutPath: 'o', stderrPath: 'e' };
        list.map(make).forEach((event, at) => {
          live.isAway = at >= away;
          reduce(live, event);
        });
        const { process: _, ...row } = recordFromState(reduce(live, exit));
        const { process: __, ...folded } = recordFromState(reduce(list.map(make).reduce(reduce, initialState('r1', 1)), exit));
        expect(folded).toEqual(row);
      }),
      {
        numRuns: 500,
        examples: [
          [
            [
              { kind: 'fail', worker: '.p7', incarnation: 'a' },
              { kind: 'end', worker: '.p7', incarnation: 'a' },
              { kind: 'start', worker: '.p7', incarnation: 'b' },
              { kind: 'exit', worker: '', incarnation: 'a' },
            ],
            2,
          ],
        ],
      },
    );
  });

  it('survives a stop at any point: a state rebuilt from its record goes on alike', () => {
    const events = fc.array(
      fc.record({
        kind: fc.constantFrom('start', 'end', 'exit', 'status', 'metric'),
        worker: fc.constantFrom('', '1'),
        inc: fc.constantFrom('a', 'b'),
      }),
      { maxLength: 20 },
    );
    const make = ({ kind, worker, inc }: { kind: string; worker: string; inc: string }): TrackEvent => {
      const over = { worker, incarnation: inc };
      if (kind === 'start') return started(over);
      if (kind === 'end') return ended('completed', over);
      if (kind === 'exit') return exited('failed', 1, null);
      if (kind === 'status') return { ...base, ...over, type: 'status', status: 'training' };
      return { ...base, ...over, type: 'metric', key: 'loss', value: 1 };
    };
    fc.assert(
      fc.property(events, fc.nat(20), (list, cut) => {
        const whole = list.map(make).reduce(reduce, initialState('r1', 1));
        const half = list.slice(0, cut).map(make).reduce(reduce, initialState('r1', 1));
        const rebuilt = list
          .slice(cut)
          .map(make)
          .reduce(reduce, stateFromRecord(structuredClone(recordFromState(half))));
        expect(recordFromState(rebuilt)).toEqual(recordFromState(whole));
      }),
    );
  });
});

it('SEC-14: takes what may be a secret out of a remote, and nothing else', () => {
  const cleaned = (gitRepo: string) => cleanSource({ gitRepo }).gitRepo;
  expect(cleaned('https://ada:ghp_secret@example.org/lab/net.git?token=t#x')).toBe('https://example.org/lab/net.git');
  expect(cleaned('https://ghp_secret@example.org/net.git')).toBe('https://example.org/net.git');
  expect(cleaned('ssh://git:pass@word@example.org:22/net.git')).toBe('ssh://example.org:22/net.git');
  expect(cleaned('git@example.org:lab/net.git')).toBe('git@example.org:lab/net.git');
  expect(cleaned('/srv/git/net.git')).toBe('/srv/git/net.git');
  expect(cleaned('https://example.org/a/@scope/b')).toBe('https://example.org/a/@scope/b');
  expect(cleanSource({ gitCommit: 'abc' })).toEqual({ gitCommit: 'abc' });
});
