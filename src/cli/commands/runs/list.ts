// `xtrack list`: the runs of a data directory, newest first.

import { Argument, Command } from 'commander';
import type { Run, RunQuery, RunStatus } from '../../../index.js';
import { type CommonOptions, reading } from '../../context.js';
import { gatherPairs, numberFrom } from '../../key-value.js';
import { outputWidth, print, printJsonArray, remark } from '../../output.js';
import { runSummary } from '../../run-json.js';
import { clock, localTime } from '../../terminal/number.js';
import { type Column, table } from '../../terminal/table.js';

interface ListOptions extends CommonOptions {
  readonly status?: string;
  readonly experiment?: string;
  readonly tag?: Map<string, string>;
  readonly limit?: number;
  readonly deleted?: boolean;
}

export function listCommand(): Command {
  return new Command('list')
    .description('list runs, newest first')
    .addArgument(new Argument('[what]', 'what to list').choices(['runs']).default('runs'))
    .option('--status <status>', 'only runs in this state; several with commas')
    .option('--experiment <id>', 'only runs of this experiment')
    .option('--tag <k=v>', 'only runs with this tag; may be given several times', gatherPairs('--tag'))
    .option('--deleted', 'the runs in the trash instead')
    .option('--limit <n>', 'at most so many (default: 50 in a table, all with --json)', numberFrom('--limit', 1))
    .action(list);
}

const TABLE_LIMIT = 50;

const COLUMNS: readonly Column<Run>[] = [
  { title: 'RUN', value: ({ runId }) => (outputWidth() < ROOMY ? runId.replace(UUID, '$1') : runId) },
  { title: 'STATUS', value: (run) => (run.damaged === null ? run.status : 'damaged') },
  { title: 'NAME', value: (run) => run.name ?? '-', flexible: true },
  { title: 'EXPERIMENT', value: (run) => run.experimentId ?? '-', flexible: true, optional: true },
  { title: 'STARTED', value: (run) => localTime(run.startedAt), optional: true },
  { title: 'TOOK', value: took, align: 'end', optional: true },
];

/** Cells from which on there is room for whole ids beside the rest. */
const ROOMY = 120;
/** The beginning of a UUIDv7 that is time and counter: enough to name the run by. */
const UUID = /^([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3})-[0-9a-f]{4}-[0-9a-f]{12}$/;

function took({ startedAt, endedAt }: Run): string {
  if (startedAt === null) return '-';
  return endedAt === null ? 'live' : clock(Math.max(0, Date.parse(endedAt) - Date.parse(startedAt)));
}

async function list(_what: string, options: ListOptions): Promise<void> {
  const limit = options.limit ?? (options.json ? undefined : TABLE_LIMIT);
  const runs = await reading(options, (xtrack) => xtrack.searchRuns(query(options, limit)));
  if (options.json) return await printJsonArray(runs.map(runSummary));
  if (runs.length === 0) return remark('no runs');
  await print(...table(COLUMNS, runs, outputWidth()));
  if (options.limit === undefined && runs.length === TABLE_LIMIT) remark(`the newest ${TABLE_LIMIT}; --limit N shows more`);
}

function query(options: ListOptions, limit: number | undefined): RunQuery {
  return {
    ...(options.status !== undefined && { status: options.status.split(',') as RunStatus[] }),
    ...(options.experiment !== undefined && { experimentId: options.experiment }),
    ...(options.tag !== undefined && { tags: Object.fromEntries(options.tag) }),
    ...(options.deleted === true && { deleted: 'only' as const }),
    ...(limit !== undefined && { limit }),
  };
}
