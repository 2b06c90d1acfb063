// Shapes that several routes take or give.

import Type from 'typebox';

/** Bytes would be 128 at most (protocol); what is longer is no run of ours. */
export const runParams = Type.Object({ runId: Type.String({ maxLength: 512 }) });

const text = Type.Union([Type.String(), Type.Null()]);
const moment = Type.Union([Type.String({ format: 'date-time' }), Type.Null()]);

/** A number, or what JSON has no number for. */
export const anyNumber = Type.Union([Type.Number(), Type.Enum(['NaN', 'Infinity', '-Infinity'])]);

const runRowFields = {
  runId: Type.String(),
  name: text,
  status: Type.String({ description: 'pending, running, …; completed, failed and killed are final' }),
  experimentId: text,
  parentRunId: text,
  tags: Type.Record(Type.String(), Type.String()),
  createdAt: Type.String({ format: 'date-time' }),
  startedAt: moment,
  endedAt: moment,
  deletedAt: moment,
  damaged: Type.Union([Type.String(), Type.Null()], { description: 'why its row cannot be read; null: it is sound' }),
  message: text,
  progress: Type.Unknown({ description: '{current, total?, unit?}, or null' }),
  error: text,
  durationMs: Type.Union([Type.Number(), Type.Null()]),
  notes: text,
  archived: Type.Boolean(),
  public: Type.Boolean(),
};

export const runRow = Type.Object(runRowFields, { description: 'A run as a row of a list.' });

export const runDetail = Type.Object(
  {
    ...runRowFields,
    failure: Type.Unknown({ description: '{type?, message, traceback?}, or null' }),
    exit: Type.Unknown({ description: 'exit code, or signal' }),
    source: Type.Unknown(),
    environment: Type.Unknown(),
    workers: Type.Array(Type.Unknown()),
    counts: Type.Record(Type.String(), Type.Integer()),
    process: Type.Unknown(),
    finalMetrics: Type.Union([Type.Record(Type.String(), anyNumber), Type.Null()]),
    captured: Type.Object({ stdout: Type.Integer(), stderr: Type.Integer() }),
    gaps: Type.Array(Type.Unknown()),
    warnings: Type.Array(Type.Unknown(), { description: 'the newest 200' }),
    knobs: Type.Array(Type.Unknown()),
    live: Type.Boolean({ description: 'it is not over' }),
    reachable: Type.Boolean({ description: 'a command would arrive now: a worker that takes them is connected' }),
  },
  { description: 'Everything about a run but its metrics, logs and files.' },
);

/** A page of a list. */
export const page = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
  cursor: Type.Optional(Type.String({ maxLength: 8_192 })),
};
