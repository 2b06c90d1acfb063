// Steering over HTTP: commands to a run's workers, its stop, what may be changed and what was.

import Type from 'typebox';
import { XTrackError } from '../../../protocol/errors.js';
import type { JsonValue } from '../../../protocol/events.js';
import { isFinal } from '../../../protocol/events.js';
import { RunsAnywhere } from '../../control/runs-anywhere.js';
import { checkPayload } from '../commands.js';
import { type Route, route } from '../route.js';

/** ms */
const SHORTEST_EXPIRY = 1_000;
const LONGEST_EXPIRY = 24 * 60 * 60 * 1000;
const LONGEST_GRACE = 60 * 60 * 1000;

const params = Type.Object({ runId: Type.String() });
const view = { scope: 'view', of: 'run' } as const;
const write = { scope: 'write', of: 'run' } as const;

const commandRecord = Type.Object(
  {
    commandId: Type.String(),
    runId: Type.String(),
    command: Type.String(),
    payload: Type.Record(Type.String(), Type.Unknown()),
    issuedBy: Type.Union([Type.String(), Type.Null()]),
    issuedAt: Type.Number({ description: 'µs since the epoch' }),
    expiresAt: Type.Number({ description: 'µs since the epoch' }),
    status: Type.Enum(['pending', 'sent', 'ok', 'error', 'unsupported', 'expired']),
    result: Type.Unknown(),
    error: Type.Union([Type.String(), Type.Null()]),
    answeredAt: Type.Union([Type.Number(), Type.Null()]),
  },
  { description: 'A command as it stands.' },
);

const event = Type.Object({ type: Type.String(), ts: Type.Number({ description: 'µs since the epoch' }) }, { additionalProperties: true });

export const commandsRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/runs/:runId/commands',
    summary: 'The commands given to a run, oldest first',
    chapter: 'steering',
    access: view,
    params,
    answer: { schema: Type.Array(commandRecord) },
    handle: ({ xtrack, run }) => xtrack.getCommands(run),
  }),
  route({
    method: 'POST',
    path: '/runs/:runId/commands',
    summary: 'Give a command to the workers of a run; answered at once, or with wait=1 when they have answered',
    chapter: 'steering',
    access: write,
    params,
    query: Type.Object({ wait: Type.Optional(Type.Enum(['0', '1'])) }),
    body: Type.Object({
      type: Type.Enum(['pause', 'resume', 'stop', 'checkpoint_now', 'update_params', 'adjust_lr', 'custom']),
      payload: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
      expiresInMs: Type.Optional(Type.Integer({ minimum: SHORTEST_EXPIRY, maximum: LONGEST_EXPIRY })),
    }),
    answer: { status: 202, others: [200], schema: commandRecord },
    errors: ['XT_RUN_NOT_LIVE', 'XT_RUN_OWNED', 'XT_BUSY', 'XT_ARGUMENT', 'XT_FIELD_LIMIT'],
    audit: ({ type }, result) => ({ command: type, commandId: (result as { commandId?: string } | undefined)?.commandId }),
    async handle({ xtrack, services, principal, run, query, body, reply }) {
      const { type, payload = {}, expiresInMs } = body;
      const checked = checkPayload(type, payload as Record<string, JsonValue>);
      services.commandRate.count(run.runId, performance.now());
      const options = { by: principal.name, ...(expiresInMs !== undefined && { expiresInMs }) };
      const command = { type, payload: checked, ...options };
      const runs = new RunsAnywhere(xtrack);
      if (query.wait !== '1') return await runs.issue(run.runId, command);
      const final = await runs.send(run.runId, command);
      reply.code(200);
      return final;
    },
  }),
  route({
    method: 'POST',
    path: '/runs/:runId/stop',
    summary: 'Stop a run: a stop command, SIGTERM, SIGKILL',
    chapter: 'steering',
    access: write,
    params,
    body: Type.Object({ graceMs: Type.Optional(Type.Integer({ minimum: 0, maximum: LONGEST_GRACE })) }),
    answer: { status: 202, schema: Type.Object({ runId: Type.String() }) },
    errors: ['XT_RUN_NOT_LIVE', 'XT_RUN_OWNED', 'XT_BUSY'],
    async handle({ xtrack, services, principal, run, body }) {
      if (isFinal(run.status)) throw new XTrackError('XT_RUN_NOT_LIVE', { detail: `run '${run.runId}' is ${run.status}` });
      services.commandRate.count(run.runId, performance.now());
      await new RunsAnywhere(xtrack).beginStop(run.runId, { by: principal.name, ...body });
      return { runId: run.runId };
    },
  }),
  route({
    method: 'GET',
    path: '/runs/:runId/knobs',
    summary: 'What may be changed while the run goes on, with the values that hold now',
    chapter: 'steering',
    access: view,
    params,
    answer: { schema: Type.Array(event) },
    handle: ({ xtrack, run }) => xtrack.getKnobs(run),
  }),
  route({
    method: 'GET',
    path: '/runs/:runId/changes',
    summary: 'What was changed while the run went on, by whom and when; oldest first',
    chapter: 'steering',
    access: view,
    params,
    answer: { schema: Type.Array(event) },
    handle: ({ xtrack, run }) => xtrack.getChanges(run),
  }),
];
