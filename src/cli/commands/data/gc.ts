// `xtrack gc`: cleans up by rules of retention, and says what that frees.

import { readFileSync, statSync } from 'node:fs';
import { Command } from 'commander';
import { type GcReport, type PlannedRun, type RetentionRules, XTrackError } from '../../../index.js';
import { type CommonOptions, reading, writing } from '../../context.js';
import { numberFrom } from '../../key-value.js';
import { print, printJson, remark } from '../../output.js';
import { byteSize } from '../../terminal/number.js';
import { plainText } from '../../terminal/text.js';

interface GcCommandOptions extends CommonOptions {
  readonly dryRun?: boolean;
  readonly rules?: string;
  readonly trashDays?: number;
}

/** bytes */
const LARGEST_RULES = 1024 * 1024;

const HELP = `
Rules are JSON: {"rules": [{"match": SEARCH, "experiment": ID, "keepDays": N, "keepBest": {"count": N, "metric": KEY,
"mode": "min" or "max"}, "logDays": N}], "keepTags": {"keep": "true"}, "trashDays": 30}. Runs that they let go move to the
trash; what has been there for trashDays is removed for good. Live runs, and runs with one of keepTags, are never touched.`;

export function gcCommand(): Command {
  return new Command('gc')
    .description('clean up: runs by rules, the trash, files of runs that are gone; gives the space back')
    .option('--dry-run', 'only say what would be done')
    .option('--rules <file>', 'rules of retention, as JSON')
    .option('--trash-days <n>', 'how long runs stay in the trash (default: 30)', numberFrom('--trash-days', 0, false))
    .addHelpText('after', HELP)
    .action(collect);
}

async function collect(options: GcCommandOptions): Promise<void> {
  const { dryRun = false, trashDays } = options;
  const rules = options.rules === undefined ? {} : { rules: readRules(options.rules) };
  const given = { dryRun, ...rules, ...(trashDays !== undefined && { trashDays }) };
  const report = await (dryRun ? reading : writing)(options, (xtrack) => xtrack.gc(given));
  if (options.json) return await printJson(report);
  await print(...lines(report));
  if (report.doubt !== null) remark(report.doubt);
}

function readRules(file: string): RetentionRules {
  try {
    if (statSync(file).size > LARGEST_RULES) throw new XTrackError('XT_FILE', { detail: `${file} is too large to be rules` });
    return JSON.parse(readFileSync(file, 'utf8')) as RetentionRules;
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new XTrackError('XT_ARGUMENT', { detail: `${file} is not JSON: ${error.message}`, field: '--rules' });
    throw XTrackError.from(error, 'XT_FILE');
  }
}

function lines({ dryRun, trash, purge, refused, logs, logLines, leftovers, store }: GcReport): string[] {
  const done = (now: string, later: string): string => (dryRun ? later : now);
  const run = ({ runId, name, reason }: { runId: string; name: string | null; reason: string }): string =>
    `${runId}${name === null ? '' : ` (${plainText(name)})`}: ${reason}`;
  const freed = [...purge, ...leftovers].reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
  return [
    ...trash.map((one: PlannedRun) => `${done('moved to the trash', 'would move to the trash')}  ${run(one)}`),
    ...purge.map((one: PlannedRun) => `${done('removed for good', 'would remove for good')}  ${run(one)}`),
    ...refused.map(({ runId, detail, code }) => `left alone  ${runId}: ${plainText(detail)} (${code})`),
    ...logs.map((one) => `${done('removed log lines of', 'would remove log lines of')}  ${run(one)}`),
    ...leftovers.map(({ kind, path, bytes }) => `${done('removed', 'would remove')}  ${kind} ${path} (${byteSize(bytes)})`),
    `${done('moved', 'would move')} ${trash.length} to the trash, ${done('removed', 'would remove')} ${purge.length} for good${
      dryRun ? '' : `, ${logLines} log lines`
    } and ${leftovers.length} leftovers: about ${byteSize(freed)}`,
    ...(store === null ? [] : [`the store took ${byteSize(store.before)}, and takes ${byteSize(store.after)}`]),
  ];
}
