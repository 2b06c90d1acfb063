// The state of a run as a fold over its events. Recovery, replay, tests and the live path all use `reduce`:
// no clock, no randomness, no I/O. The state is updated in place (copying it per event would make long runs quadratic).

import { isFinal } from '../protocol/events.js';
import type { LogEntry, RunEnd, RunStart, Source, StatusUpdate, Tags, TrackEvent } from '../protocol/index.js';
import { RESERVED_TAGS } from '../protocol/reserved-tags.js';
import type { RunQuery, RunRecord, RunStatus, WorkerRecord } from '../storage/store.js';

/** Worker id of the control plane's own events: captured output, the end of a process. Remote peers may not use it. */
export const CONTROL_WORKER = '$xtrack';

/** Names that begin so belong to the control plane. */
export function isReservedWorker(worker: string): boolean {
  return worker.charCodeAt(0) === 0x24;
}

/** Statuses of runs that are not over. */
export const LIVE_STATUSES = [
  'pending',
  'initializing',
  'running',
  'training',
  'evaluating',
  'checkpointing',
  'paused',
  'resuming',
  'finishing',
  'interrupted',
] as const satisfies NonNullable<RunQuery['status']>;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Everything known of a run but its series, params, artifacts, checkpoints and logs. */
export interface RunState extends Mutable<Omit<RunRecord, 'workers' | 'counts' | 'captured'>> {
  readonly workers: Map<string, Mutable<WorkerRecord>>;
  readonly counts: Map<string, number>;
  readonly captured: { stdout: number; stderr: number };
  /** Its process is one of another machine: nobody here will see its end. */
  isAway?: boolean;
}

/** A fork of a worker (`<worker>.f<pid>`) or a program that it started (`.p<pid>`) sends no run_end of its own and never holds a run open. */
const FORKED = /\.[fp]\d+$/;

const NOT_FOR_WORKERS: readonly string[] = [RESERVED_TAGS.public, RESERVED_TAGS.key];

/** A run of which nothing is known yet. `createdAt`: µs since the epoch. */
export function initialState(runId: string, createdAt: number): RunState {
  return {
    runId,
    name: null,
    status: 'pending',
    experimentId: null,
    parentRunId: null,
    tags: {},
    source: null,
    environment: null,
    createdAt,
    startedAt: null,
    endedAt: null,
    message: null,
    progress: null,
    error: null,
    exit: null,
    finalMetrics: null,
    workers: new Map(),
    counts: new Map(),
    captured: { stdout: 0, stderr: 0 },
    process: null,
    owner: null,
  };
}

/** The state that a stored row holds. */
export function stateFromRecord(record: RunRecord): RunState {
  return {
    ...record,
    workers: new Map(record.workers.map((worker) => [worker.worker, { ...worker }])),
    counts: new Map(Object.entries(record.counts)),
    captured: { ...record.captured },
  };
}

/** The row for the store; shares nothing mutable with the state. */
export function recordFromState(state: RunState): RunRecord {
  const { isAway: _away, workers, counts, captured, ...rest } = state;
  return {
    ...rest,
    workers: [...workers.values()].map((worker) => ({ ...worker })),
    counts: Object.fromEntries(counts),
    captured: { ...captured },
  };
}

/** Folds one new event into the state and returns the state. Events must not be duplicates. */
export function reduce(state: RunState, event: TrackEvent): RunState {
  state.counts.set(event.type, (state.counts.get(event.type) ?? 0) + 1);
  if (event.type === 'metric' || event.type === 'metric_batch') {
    if (isWaiting(state.status) || isFinal(state.status)) touch(state, event);
    return state;
  }
  switch (event.type) {
    case 'run_start':
      start(state, event);
      break;
    case 'run_end':
      end(state, event);
      break;
    case 'status':
      update(state, event);
      break;
    case 'log':
      log(state, event);
      break;
    case 'tags':
      touch(state, event);
      tag(state, event);
      break;
    default:
      touch(state, event);
  }
  return state;
}

const isWaiting = (status: RunStatus): boolean => status === 'pending' || status === 'interrupted';

/** Any sign of life of a worker: it exists, and a run that waited for it goes on. */
function touch(state: RunState, event: TrackEvent): void {
  if (event.worker === CONTROL_WORKER) return;
  const worker = state.workers.get(event.worker);
  if (worker === undefined) {
    const over = isOver(state);
    state.workers.set(event.worker, {
      worker: event.worker,
      incarnation: event.incarnation,
      status: 'running',
      startedAt: event.ts,
      endedAt: null,
      hostname: null,
    });
    state.startedAt ??= event.ts;
    // What a fork still had to send when the run was over already changes nothing of that.
    if (isWaiting(state.status) || (over && !FORKED.test(event.worker))) reopen(state);
    return;
  }
  // What an older incarnation still had to send changes nothing of the newer one's state.
  if (event.incarnation < worker.incarnation) return;
  if (event.incarnation > worker.incarnation) {
    const over = isOver(state);
    worker.incarnation = event.incarnation;
    worker.status = 'running';
    worker.endedAt = null;
    if (over && !FORKED.test(event.worker)) reopen(state);
  }
  if (isWaiting(state.status)) state.status = isFinal(worker.status) ? state.status : worker.status;
}

/** Or but for its process: whether there is one is no part of the log, and must make no difference to what that adds up to. */
function isOver(state: RunState): boolean {
  return isFinal(state.status) || (state.status === 'finishing' && workersEnded(state));
}

function reopen(state: RunState): void {
  state.status = 'running';
  state.endedAt = null;
  state.error = null;
  state.exit = null;
}

function tag(state: RunState, event: Tags): void {
  // A new object each time: who keeps it knows that nothing changed as long as it is the same.
  const tags = { ...state.tags, ...allowedTags(event, event.tags) };
  state.tags = Object.fromEntries(Object.entries(tags).filter((entry): entry is [string, string] => entry[1] !== null));
  state.name = event.tags[RESERVED_TAGS.name] ?? state.name;
}

/** Who may see a run, and who may write to it, is not for its workers to say. */
function allowedTags<Value>({ worker }: TrackEvent, tags: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> {
  if (worker === CONTROL_WORKER || !NOT_FOR_WORKERS.some((key) => Object.hasOwn(tags, key))) return tags;
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !NOT_FOR_WORKERS.includes(key)));
}

function start(state: RunState, event: RunStart): void {
  touch(state, event);
  state.experimentId ??= event.experimentId ?? null;
  state.parentRunId ??= event.parentRunId ?? null;
  if (event.tags !== undefined) state.tags = { ...allowedTags(event, event.tags), ...state.tags };
  state.name = state.tags[RESERVED_TAGS.name] ?? state.name ?? event.name ?? null;
  state.source ??= event.source === undefined ? null : cleanSource(event.source);
  state.environment ??= event.environment ?? null;
  const worker = state.workers.get(event.worker);
  if (worker !== undefined) worker.hostname = event.environment?.hostname ?? worker.hostname;
}

function update(state: RunState, event: StatusUpdate): void {
  touch(state, event);
  const worker = state.workers.get(event.worker);
  if (worker === undefined || event.incarnation < worker.incarnation) return;
  // A status never ends a run: only run_end or the end of the process does.
  const status = isFinal(event.status) ? 'finishing' : event.status;
  if (!isFinal(worker.status)) {
    worker.status = status;
    if (!isOver(state)) state.status = status;
  }
  state.message = event.message ?? state.message;
  state.progress = event.progress ?? state.progress;
}

function end(state: RunState, event: RunEnd): void {
  if (event.worker === CONTROL_WORKER) endProcess(state, event);
  else endWorker(state, event);
}

/** The control plane saw the process end: whoever said nothing until now ended with it. A fork, which never does, ended as its worker. */
function endProcess(state: RunState, event: RunEnd): void {
  const isFirst = state.exit === null;
  state.exit = event.exit ?? state.exit;
  const silent = [...state.workers.values()].filter((worker) => !isFinal(worker.status));
  const told = workersEnded(state) && silent.length < state.workers.size;
  // Whatever a script said of its end: the exit code decides.
  const denied = told && worst(state) === 'completed' && isBad(state.exit);
  const status = told && !denied ? worst(state) : event.status;
  for (const worker of silent) {
    worker.status = status;
    worker.endedAt = event.ts;
  }
  // A run is over when its process is, even where its workers have said before that they are done.
  if (isFinal(state.status) && silent.length === 0 && !isFirst) return;
  if (!told || denied) state.error ??= event.error ?? null;
  finish(state, event.ts, state.workers.size === 0 || denied ? event.status : worst(state));
}

/** True where the process said by its exit that it did not go well; what is not known says nothing. */
function isBad(exit: RunState['exit']): boolean {
  return exit !== null && (exit.signal !== null || (exit.code !== null && exit.code !== 0));
}

function endWorker(state: RunState, event: RunEnd): void {
  touch(state, event);
  const worker = state.workers.get(event.worker);
  if (worker === undefined || event.incarnation < worker.incarnation) return;
  worker.status = event.status;
  worker.endedAt = event.ts;
  state.error = event.error ?? state.error;
  if (event.finalMetrics !== undefined) state.finalMetrics = { ...state.finalMetrics, ...event.finalMetrics };
  if (!workersEnded(state)) return;
  // A supervised process is over when it has ended and all its output is in, not when it says that it is done.
  const status = worst(state);
  if (status === 'completed' && isBad(state.exit) && isFinal(state.status)) state.endedAt = event.ts;
  else if (state.process === null || state.isAway === true || state.exit !== null) finish(state, event.ts, status);
  else {
    state.status = 'finishing';
    if (status === 'completed') state.error = null;
  }
}

/** True when every worker that counts has said how it ended, and there was one. */
export function workersEnded(state: RunState): boolean {
  const open = [...state.workers.values()].some((each) => !isFinal(each.status) && !FORKED.test(each.worker));
  return !open && state.workers.size > 0;
}

/** Of the workers that have ended. */
function worst(state: RunState): RunStatus {
  const statuses = new Set([...state.workers.values()].map((worker) => worker.status));
  if (statuses.has('failed')) return 'failed';
  return statuses.has('killed') ? 'killed' : 'completed';
}

function finish(state: RunState, ts: number, status: RunStatus): void {
  state.status = status;
  state.endedAt = ts;
  if (status === 'completed') state.error = null;
}

function log(state: RunState, event: LogEntry): void {
  touch(state, event);
  if (event.worker !== CONTROL_WORKER) return;
  const { stream, offset } = event.fields ?? {};
  if ((stream === 'stdout' || stream === 'stderr') && typeof offset === 'number') {
    state.captured[stream] = Math.max(state.captured[stream], offset);
  }
}

/** The same source, its repository without user name, password, query and fragment. A path, or `host:path` over ssh, stays as it is. */
export function cleanSource(source: Source): Source {
  const { gitRepo } = source;
  return gitRepo === undefined ? source : { ...source, gitRepo: cleanRemote(gitRepo) };
}

function cleanRemote(url: string): string {
  const at = url.indexOf('://');
  if (at < 0) return url;
  const [authority = '', ...path] = url.slice(at + 3).split('/');
  const place = [authority.slice(authority.lastIndexOf('@') + 1), ...path].join('/');
  return url.slice(0, at + 3) + (place.split(/[?#]/, 1)[0] ?? '');
}
