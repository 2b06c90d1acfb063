// What is asked of whole experiments: their figures, and the keys of their runs.

import type { ClientBase, Pool } from 'pg';
import { FINAL_STATUSES } from '../../../protocol/events.js';
import { inOrder } from '../../filters.js';
import { firstKeys, MAX_KEYS, type SearchKeys } from '../../search/query.js';
import type { ExperimentSummary } from '../../store.js';
import { decodeText, encodeText } from '../../text.js';
import { inSnapshot } from '../driver.js';

interface Figures {
  readonly experiment: string | null;
  readonly runs: number;
  readonly live: number;
  readonly started: number | null;
}

const FIGURES = `SELECT experiment, count(*)::int AS runs, (count(*) FILTER (WHERE status <> ALL ($1::text[])))::int AS live,
    max(started_at) AS started
  FROM runs WHERE record IS NOT NULL AND deleted_at IS NULL GROUP BY experiment`;

export async function listExperiments(pool: Pool): Promise<ExperimentSummary[]> {
  const { rows } = await inSnapshot(pool, (client) => client.query<Figures>(FIGURES, [[...FINAL_STATUSES]]));
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
export async function keysWithin(pool: Pool, experiments: readonly string[]): Promise<SearchKeys> {
  return await inSnapshot(pool, async (client) => {
    const metrics = [...(await keysOf(client, 'run_metrics', experiments)), ...(await keysOf(client, 'tracks', experiments, 'unsettled'))];
    return {
      params: await keysOf(client, 'params', experiments),
      tags: await keysOf(client, 'tags', experiments),
      metrics: firstKeys(metrics),
    };
  });
}

async function keysOf(
  client: ClientBase,
  table: 'params' | 'tags' | 'run_metrics' | 'tracks',
  experiments: readonly string[],
  condition = 'TRUE',
): Promise<string[]> {
  const sql = `SELECT DISTINCT key FROM ${table} WHERE run IN (SELECT id FROM runs
    WHERE experiment = ANY ($1::text[]) AND record IS NOT NULL AND deleted_at IS NULL AND ${condition}) ORDER BY key LIMIT ${MAX_KEYS}`;
  const { rows } = await client.query<{ key: string }>(sql, [experiments.map(encodeText)]);
  return rows.map(({ key }) => decodeText(key));
}
