// Starts runs: options and environment in, a run out, at once.

import type { Environment, Source } from '../protocol/events.js';
import { LIMITS } from '../protocol/limits.js';
import { isRunId } from '../protocol/run-id.js';
import { masksNothing } from '../protocol/secrets.js';
import { isNo, planDelivery, type Transport } from './delivery/delivery.js';
import { takeInheritedFd } from './delivery/endpoint.js';
import { localToken } from './delivery/local-token.js';
import { given } from './event-bodies.js';
import type { EventBody } from './event-queue.js';
import { chooseRunId, chooseWorker, makeIncarnation } from './identity.js';
import { cutBytes, plainLabel, plainTags } from './plain-value.js';
import { unwatchProcess, watchProcess } from './process-hooks.js';
import { describeEnvironment, describeSource } from './provenance.js';
import { EmitterRun } from './run.js';
import { Complaints } from './warnings.js';

export interface RunOptions {
  /** Made when left out. `XTRACK_RUN_ID` wins over it: a control plane that set it waits for that run. */
  readonly runId?: string | undefined;
  readonly name?: string | undefined;
  /** `XTRACK_EXPERIMENT` when left out. */
  readonly experimentId?: string | undefined;
  /** `XTRACK_PARENT_RUN_ID` when left out. */
  readonly parentRunId?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** Logged as by `logParams`. */
  readonly params?: Readonly<Record<string, unknown>> | undefined;
  /** The environment decides (`XTRACK_TRANSPORT` and its companions) when left out. */
  readonly transport?: Transport | undefined;
  /** Worker id in distributed training; `XTRACK_WORKER_ID`, or `RANK` where `WORLD_SIZE` > 1, when left out. */
  readonly worker?: string | undefined;
  /** Gathered when left out; false to send none. */
  readonly source?: Source | false | undefined;
  readonly environment?: Environment | false | undefined;
  /**
   * False sends to a collector that never acknowledges, as plain version 1 of the protocol has it: nothing is waited for, nothing counts as
   * delivered, and the spool file stays until it is imported or deleted by hand. `XTRACK_ACKS=off` when left out.
   */
  readonly acks?: boolean | undefined;
  /** Milliseconds without a word from a collector that owes acks, after which the connection is opened anew; `XTRACK_ACK_TIMEOUT` in seconds, else 45 s. */
  readonly ackTimeoutMs?: number | undefined;
  /** False records secrets as they are: otherwise params, tags, texts and the like that look like one, by name or by shape, are masked. `XTRACK_MASK=off` when left out. */
  readonly mask?: boolean | undefined;
  /** Throw XTrackError (XT_ARGUMENT, XT_RUN_ID) on misuse instead of one line on stderr. */
  readonly strict?: boolean | undefined;
}

/** Milliseconds that `flush` and `end` wait for a collector: longer than a control plane needs to restart. */
const PATIENCE = 10_000;
/** Milliseconds without a word after which a connection that owes acks is given up. */
const ANSWER = 45_000;
/** Bytes: with less not even the story of a run would find room. */
const SMALLEST_CAP = 4096;

/** Starts a run at once; connecting goes on behind it. Ends by itself when the process does. */
export function startRun(options: RunOptions = {}): EmitterRun {
  const complaints = new Complaints(options.strict === true);
  const runId = chooseRunId(options.runId, process.env, complaints);
  const worker = cutBytes(chooseWorker(options.worker, process.env), LIMITS.label);
  const inherits = options.transport === undefined || options.transport === 'auto' || options.transport === 'stdio';
  const fd = !inherits ? null : takeInheritedFd(process.env);
  const delivery = planDelivery(options.transport, process.env, fd, complaints);
  const run = new EmitterRun({
    identity: { runId, worker, incarnation: makeIncarnation() },
    delivery,
    again: () => planDelivery(options.transport, process.env, null, new Complaints(false)).endpoints,
    token: (endpoint) => process.env.XTRACK_TOKEN || localToken({ ...delivery, endpoints: [endpoint] }),
    patienceMs: secondsFrom(process.env.XTRACK_FLUSH_TIMEOUT, PATIENCE, 0),
    acks: options.acks ?? !isNo(process.env.XTRACK_ACKS),
    answerMs: options.ackTimeoutMs ?? secondsFrom(process.env.XTRACK_ACK_TIMEOUT, ANSWER, 100),
    mask: options.mask ?? !masksNothing(process.env.XTRACK_MASK),
    spoolCap: Number(process.env.XTRACK_SPOOL_CAP) >= SMALLEST_CAP ? Number(process.env.XTRACK_SPOOL_CAP) : undefined,
    complaints,
    start: describeStart(options, complaints),
    onEnd: unwatchProcess,
  });
  watchProcess(run);
  if (options.params !== undefined) run.logParams(options.params);
  return run;
}

/** Seconds in the variable, milliseconds here. */
function secondsFrom(text: string | undefined, otherwise: number, least: number): number {
  const ms = Number(text || otherwise / 1000) * 1000;
  return ms >= least && ms <= 3_600_000 ? ms : otherwise;
}

function describeStart(options: RunOptions, complaints: Complaints): EventBody {
  const experimentId = options.experimentId ?? process.env.XTRACK_EXPERIMENT;
  const parentRunId = options.parentRunId ?? process.env.XTRACK_PARENT_RUN_ID;
  if (parentRunId && !isRunId(parentRunId)) complaints.raise('XT_RUN_ID', 'the parent run id is not a run id', 'parentRunId');
  const tags = plainTags(options.tags ?? {});
  return {
    type: 'run_start',
    ...given('experimentId', experimentId && plainLabel(experimentId)),
    ...given('parentRunId', isRunId(parentRunId) ? parentRunId : undefined),
    ...given('name', options.name && plainLabel(options.name)),
    ...(Object.keys(tags).length > 0 ? { tags } : {}),
    ...given('source', options.source === false ? undefined : (options.source ?? describeSource())),
    ...given('environment', options.environment === false ? undefined : (options.environment ?? describeEnvironment())),
    capabilities: ['ack', 'command'],
  };
}
