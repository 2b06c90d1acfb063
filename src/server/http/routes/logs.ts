// The log of a run, a page at a time.

import Type from 'typebox';
import { XTrackError } from '../../../protocol/errors.js';
import type { LogEntry, LogLevel } from '../../../protocol/events.js';
import { type Route, route } from '../route.js';
import { runParams } from '../schemas.js';

const MOST_LINES = 5_000;
const LINES = 500;
const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warning', 'error'];

const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) => Type.Union([type, Type.Null()]);

const line = Type.Object({
  ts: Type.Number({ description: 'µs since the epoch' }),
  level: Type.Enum(['debug', 'info', 'warning', 'error']),
  message: Type.String(),
  logger: orNull(Type.String()),
  worker: Type.String(),
  step: orNull(Type.Number()),
  fields: Type.Unknown(),
});

const rows = Type.Array(Type.String({ description: 'a row, from the top; colours as codes of a terminal' }));

export const logsRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/runs/:runId/logs',
    summary: 'Log lines in the order logged, from either end, by level and text',
    chapter: 'logs',
    access: { scope: 'view', of: 'run' },
    params: runParams,
    query: Type.Object({
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST_LINES })),
      offset: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: Number.MAX_SAFE_INTEGER,
          description: 'lines before the page; from the newest end with newest',
        }),
      ),
      newest: Type.Optional(Type.Enum(['0', '1', 'true', 'false'])),
      levels: Type.Optional(Type.String({ maxLength: 64, description: 'error,warning' })),
      text: Type.Optional(Type.String({ maxLength: 1_024, description: 'lies in the message, case ignored' })),
    }),
    answer: {
      schema: Type.Object({
        lines: Type.Array(line),
        offset: Type.Integer({ description: 'place of the first line' }),
        total: Type.Optional(Type.Integer({ description: 'lines that there are, where that is cheap to say' })),
      }),
    },
    errors: ['XT_ARGUMENT'],
    async handle({ xtrack, run, query }) {
      const { limit = LINES, offset = 0, levels, text } = query;
      const newest = query.newest === '1' || query.newest === 'true';
      const filter = { ...(levels !== undefined && { levels: readLevels(levels) }), ...(text !== undefined && text !== '' && { text }) };
      // Counted first, so that lines that come in meanwhile do not move the page past what was counted.
      const total = newest || !('text' in filter) ? await xtrack.countLogs(run, filter) : undefined;
      const first = newest && total !== undefined ? Math.max(0, total - offset - limit) : offset;
      const most = newest && total !== undefined ? Math.max(0, total - offset - first) : limit;
      const lines = most === 0 ? [] : await xtrack.getLogs(run, { ...filter, limit: most, offset: first });
      return { lines: lines.map(toLine), offset: first, ...(total !== undefined && { total }) };
    },
  }),
  route({
    method: 'GET',
    path: '/runs/:runId/output',
    summary: 'What the process of the run has printed that is no line of the log yet: progress bars as they are now',
    chapter: 'logs',
    access: { scope: 'view', of: 'run' },
    params: runParams,
    answer: { schema: Type.Object({ stdout: rows, stderr: rows }) },
    handle: ({ xtrack, run }) => xtrack.getPendingOutput(run),
  }),
];

function toLine({ ts, level, message, logger, worker, step, fields }: LogEntry): object {
  return { ts, level, message, logger: logger ?? null, worker, step: step ?? null, fields: fields ?? null };
}

function readLevels(text: string): LogLevel[] {
  const levels = text.split(',').filter((level) => level !== '');
  const wrong = levels.find((level) => !LEVELS.some((known) => known === level));
  if (wrong !== undefined) throw new XTrackError('XT_ARGUMENT', { detail: `levels are ${LEVELS.join(', ')}`, field: 'levels' });
  return levels as LogLevel[];
}
