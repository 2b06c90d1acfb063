// Tools that change a running training. Each needs a reason, which is recorded with what it did, for whoever asks later.

import Type from 'typebox';
import type { CommandType } from '../protocol/collector-messages.js';
import { type ErrorCode, XTrackError } from '../protocol/errors.js';
import type { JsonValue } from '../protocol/events.js';
import { isFinal } from '../protocol/events.js';
import { checkPayload } from '../server/http/commands.js';
import type { AgentView } from './agent-view.js';
import type { Answer } from './answer.js';
import { runIdInput, type Tool, tool } from './tool.js';

/** ms that an answer is waited for: agents give a tool up after a minute. */
const PATIENCE = 30_000;
const MOST_GRACE_S = 600;

const reason = Type.String({ minLength: 3, maxLength: 300, description: 'why; recorded with the command, for people to read' });
const common = { run_id: runIdInput, reason };
const REST = 'nothing was left out of what was done';

type Steer = { readonly type: CommandType; readonly payload: Readonly<Record<string, JsonValue>> };

const HOW = 'Waits up to 30 s for the training to obey at its next safe point.';

/** What a refused command is called. */
const REFUSALS: Readonly<Record<string, ErrorCode>> = { expired: 'XT_COMMAND_EXPIRED', unsupported: 'XT_COMMAND_UNSUPPORTED' };

async function steer(
  view: AgentView,
  { run_id, reason: why }: { run_id: string; reason: string },
  { type, payload }: Steer,
): Promise<Answer> {
  const { runId, status } = await view.runToSteer(run_id);
  if (isFinal(status)) throw new XTrackError('XT_RUN_NOT_LIVE', { detail: `the run has ended: it is ${status}`, field: 'run_id' });
  const by = view.author(why);
  const record = await view.steering.send(runId, { type, payload: checkPayload(type, payload), by, expiresInMs: PATIENCE });
  if (record.status !== 'ok')
    throw new XTrackError(REFUSALS[record.status] ?? 'XT_ARGUMENT', {
      detail: `the training did not do it: ${record.error ?? record.status}`,
    });
  return { body: { run_id: runId, command: type, status: record.status, result: record.result, recorded_by: by }, rest: REST };
}

const pauseRun = tool({
  name: 'pause_run',
  title: 'Pause a run',
  description: `Hold a live training until resume_run. ${HOW}`,
  effect: 'steer',
  input: common,
  call: (view, input) => steer(view, input, { type: 'pause', payload: {} }),
});

const resumeRun = tool({
  name: 'resume_run',
  title: 'Resume a run',
  description: `Let a paused training go on. ${HOW}`,
  effect: 'steer',
  input: common,
  call: (view, input) => steer(view, input, { type: 'resume', payload: {} }),
});

const checkpointNow = tool({
  name: 'checkpoint_now',
  title: 'Write a checkpoint',
  description: `Have a live training write a checkpoint now. ${HOW}`,
  effect: 'steer',
  input: common,
  call: (view, input) => steer(view, input, { type: 'checkpoint_now', payload: {} }),
});

const setLearningRate = tool({
  name: 'set_learning_rate',
  title: 'Set the learning rate',
  description: `Change the learning rate of a live training: lr sets it, factor multiplies it; give one of the two. With a scheduler the rest of its curve is scaled. ${HOW}`,
  effect: 'steer',
  input: {
    ...common,
    lr: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
    factor: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
  },
  call: (view, { lr, factor, ...input }) =>
    steer(view, input, { type: 'adjust_lr', payload: { ...(lr !== undefined && { lr }), ...(factor !== undefined && { factor }) } }),
});

const updateParams = tool({
  name: 'update_params',
  title: 'Change knobs',
  description: `Change declared knobs of a live training, all or none; get_run lists them with their bounds. ${HOW}`,
  effect: 'steer',
  input: { ...common, params: Type.Record(Type.String({ maxLength: 500 }), Type.Unknown(), { description: 'name: value' }) },
  call: (view, { params, ...input }) =>
    steer(view, input, { type: 'update_params', payload: { params: params as Record<string, JsonValue> } }),
});

const stopRun = tool({
  name: 'stop_run',
  title: 'Stop a run',
  description:
    'End a live training for good: it is asked to stop, then gets SIGTERM, then SIGKILL, each after grace_s. Answers at once; get_run tells when it has ended.',
  effect: 'ends',
  input: { ...common, grace_s: Type.Optional(Type.Number({ minimum: 0, maximum: MOST_GRACE_S, default: 10 })) },
  async call(view, { run_id, reason: why, grace_s }) {
    const { runId, status } = await view.runToSteer(run_id);
    if (isFinal(status)) throw new XTrackError('XT_RUN_NOT_LIVE', { detail: `the run has ended: it is ${status}`, field: 'run_id' });
    const by = view.author(why);
    await view.steering.beginStop(runId, { by, ...(grace_s !== undefined && { graceMs: grace_s * 1_000 }) });
    return { body: { run_id: runId, stopping: true, recorded_by: by }, rest: REST };
  },
});

export const steeringTools: readonly Tool[] = [pauseRun, resumeRun, checkpointNow, setLearningRate, updateParams, stopRun];
