// What is asked of whole experiments: their figures, and the keys of their runs.

import { FINAL_STATUSES } from '../../../protocol/events.js';
import { inOrder, seenSql } from '../../filters.js';
import { firstKeys, MAX_KEYS, type SearchKeys } from '../../search/query.js';
import type { ExperimentSummary } from '../../store.js';
import { decodeText, encodeText } from '../../text.js';
import type { Connection } from '../driver.js';

interface Figures {
  readonly experiment: string | null;
  readonly runs: number;
  readonly live: number;
  readonly started: number | null;
}

const FIGURES = `SELECT experiment, count(*) AS runs, sum(status NOT IN ('${FINAL_STATUSES.join("', '")}')) AS live, max(started_at) AS started
  FROM runs WHERE record IS NOT NULL AND ${seenSql('id', undefined)} GROUP BY experiment`;

export function listExperiments(connection: Connection): ExperimentSummary[] {
  const rows = connection.prepare(FIGURES).all() as Figures[];
  return inOrder(
    rows.map(({ experiment, runs, live, started }) => ({
      experimentId: experiment === null ? null : decodeText(experiment),
      runs,
      live,
      lastStartedAt: started,
    })),
  );
}

/** The keys of the runs of these experiments. */
export function keysWithin(connection: Connection, experiments: readonly string[]): SearchKeys {
  const asked = JSON.stringify(experiments.map(encodeText));
  const of = (table: 'params' | 'tags' | 'run_metrics' | 'tracks', condition = 'TRUE'): string[] => {
    const sql = `SELECT DISTINCT key FROM ${table} WHERE run IN (SELECT id FROM runs
      WHERE experiment IN (SELECT value FROM json_each(?)) AND record IS NOT NULL AND ${condition} AND ${seenSql('id', undefined)})
      ORDER BY key LIMIT ${MAX_KEYS}`;
    return connection
      .prepare(sql)
      .all(asked)
      .map((row) => decodeText((row as { key: string }).key));
  };
  return { params: of('params'), tags: of('tags'), metrics: firstKeys([...of('run_metrics'), ...of('tracks', 'unsettled = 1')]) };
}
