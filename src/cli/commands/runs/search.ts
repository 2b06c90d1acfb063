// `xtrack search TEXT`: runs found by the search language, with the values that it names as columns.

import { Command } from 'commander';
import {
  parseSearch,
  parseValue,
  printValue,
  type Run,
  SearchError,
  type SearchResult,
  unknownKeys,
  type XTrack,
  XTrackError,
} from '../../../index.js';
import { type Value, valuesIn } from '../../../storage/search/tree.js';
import { type CommonOptions, reading } from '../../context.js';
import { numberFrom } from '../../key-value.js';
import { outputWidth, print, printJson, remark, tell } from '../../output.js';
import { runSummary } from '../../run-json.js';
import { localTime, shortNumber } from '../../terminal/number.js';
import { type Column, table } from '../../terminal/table.js';
import { clip, plainText, textWidth } from '../../terminal/text.js';

interface SearchCommandOptions extends CommonOptions {
  readonly columns?: string;
  readonly limit?: number;
  readonly cursor?: string;
}

/** Values that the search names are columns, up to so many. */
const OWN_COLUMNS = 6;

const HELP = `
A search: metrics.val_loss < 0.3 and params.lr >= 1e-3 and status = 'completed' order by metrics.val_loss limit 20
Fields     id name status experiment parent created started ended duration params.KEY tags.KEY metrics.KEY[@train|val|test]
Functions  last min max first count best (of a metric) · abs sqrt log log10 · + - * /
Tests      = != < <= > >= · like ilike (% and _) · in (…) · between … and … · is null · is nan · and or not ( )
Times      '2026-01-31', '2026-01-31T08:00' (UTC) or 7d for seven days ago; durations 90s 15m 2h
Words without an operator are looked for in names and ids.`;

export function searchCommand(): Command {
  return new Command('search')
    .description('find runs by what they are: params, tags, metrics, status, times')
    .argument('[text...]', 'the search; best in quotes')
    .option('--columns <list>', 'values to show, with commas: params.lr,min(metrics.loss)')
    .option('--limit <n>', 'at most so many runs (default: 50)', numberFrom('--limit', 1))
    .option('--cursor <text>', 'the page after the one that gave this cursor')
    .addHelpText('after', HELP)
    .action(search);
}

async function search(words: string[], options: SearchCommandOptions): Promise<void> {
  const text = words.join(' ');
  try {
    const columns = options.columns === undefined ? named(text) : splitColumns(options.columns);
    await reading(options, (xtrack) => show(xtrack, text, columns, options));
  } catch (error) {
    if (error instanceof SearchError && !options.json) pointAt(error, text);
    throw error;
  }
}

async function show(xtrack: XTrack, text: string, columns: readonly string[], options: SearchCommandOptions): Promise<void> {
  const { limit, cursor } = options;
  const page = await xtrack.search(text, { columns, ...(limit !== undefined && { limit }), ...(cursor !== undefined && { cursor }) });
  if (options.json) return await printJson(pageJson(page, columns));
  if (page.runs.length === 0) return await sayNothingFound(xtrack, text);
  const rows = page.runs.map((run, at): Row => ({ run, values: page.values[at] ?? [] }));
  await print(...table([...HEAD, ...columns.map((_, at) => valueColumn(columns, at)), ...TAIL], rows, outputWidth()));
  if (page.cursor !== null) remark(`the first ${page.runs.length}; --limit N shows more`);
}

function pageJson({ runs, values, cursor }: SearchResult, columns: readonly string[]): object {
  const row = (run: Run, at: number): object => ({
    ...runSummary(run),
    values: new Map(columns.map((column, index) => [column, values[at]?.[index] ?? null])),
  });
  return { runs: runs.map(row), cursor };
}

async function sayNothingFound(xtrack: XTrack, text: string): Promise<void> {
  remark('no runs');
  for (const { name, suggestion } of unknownKeys(parseSearch(text), await xtrack.listKeys()))
    remark(`no run has ${name}${suggestion === undefined ? '' : `; did you mean ${suggestion}?`}`);
}

/** What the search itself names of params, tags and metrics, and orders by. */
function named(text: string): string[] {
  const { where, orderBy } = parseSearch(text);
  const values = [...orderBy.map(({ by }) => by), ...(where === null ? [] : valuesIn(where))];
  return [...new Set(values.filter(isColumn).map(printValue))].slice(0, OWN_COLUMNS);
}

function isColumn({ kind }: Value): boolean {
  return kind === 'param' || kind === 'tag' || kind === 'metric';
}

/** At the commas that stand outside of quotes. Throws XT_SEARCH where a column is no value. */
function splitColumns(list: string): string[] {
  const columns = list.match(/(?:"(?:[^"]|"")*"|`[^`]*`|[^,"`])+/g) ?? [];
  return columns.map((column) => {
    try {
      return printValue(parseValue(column));
    } catch (error) {
      if (error instanceof SearchError) pointAt(error, column);
      throw error instanceof SearchError ? new XTrackError('XT_SEARCH', { detail: error.detail, field: '--columns' }) : error;
    }
  });
}

interface Row {
  readonly run: Run;
  readonly values: readonly (number | string | null)[];
}

const UUID_END = /-[0-9a-f]{4}-[0-9a-f]{12}$/;

const HEAD: readonly Column<Row>[] = [
  { title: 'RUN', value: ({ run }) => (outputWidth() < 120 ? run.runId.replace(UUID_END, '') : run.runId) },
  { title: 'STATUS', value: ({ run }) => run.status, optional: true },
  { title: 'NAME', value: ({ run }) => run.name ?? '-', flexible: true },
];
const TAIL: readonly Column<Row>[] = [{ title: 'STARTED', value: ({ run }) => localTime(run.startedAt), optional: true }];

function valueColumn(columns: readonly string[], at: number): Column<Row> {
  const short = (name: string | undefined): string => (name ?? '').replace(/^(?:params|tags|metrics)\./, '');
  const alike = columns.filter((name) => short(name) === short(columns[at])).length > 1;
  const value = ({ values }: Row): string => {
    const shown = values[at] ?? null;
    if (shown === null) return '-';
    return typeof shown === 'number' ? shortNumber(shown) : shown;
  };
  return { title: clip(plainText(alike ? (columns[at] as string) : short(columns[at])), 24), value, flexible: true, align: 'end' };
}

/** The search with a caret under the place, the beginning left out where the line would be too long. */
function pointAt({ column }: SearchError, text: string): void {
  const room = Math.min(outputWidth(), 100) - 4;
  const before = plainText(text.slice(0, column - 1));
  const hidden = Math.max(0, textWidth(before) - Math.floor(room * 0.7));
  const shown = hidden > 0 ? `…${before.slice(hidden + 1)}` : before;
  tell(`  ${clip(shown + plainText(text.slice(column - 1)), room)}\n  ${' '.repeat(textWidth(shown))}^`);
}
