// What a commit writes of runs, marks, entries, commands, warnings and dead letters: one statement a table.

import type { Forms } from '../../search/forms.js';
import type { RevisionStep } from '../../store.js';
import { encodeText } from '../../text.js';
import type { CommitRows, RunRow } from '../../thread/rows.js';
import type { Command } from '../statements.js';
import { byteaArray, float8Array, int4Array, int8Array, textArray } from './arrays.js';
import type { NumberedTails, RunHead } from './tails.js';

type Heads = ReadonlyMap<string, RunHead>;

const optionalText = (text: string | null): string | null => (text === null ? null : encodeText(text));

/** The newest of each key, in the order in which the keys came: one statement may touch a row once. */
function newest<Row>(rows: readonly Row[], keyOf: (row: Row) => string): Row[] {
  return [...new Map(rows.map((row) => [keyOf(row), row])).values()];
}

/** Everything but runs and points. */
export function recordCommands(rows: CommitRows, heads: Heads): Command[] {
  const run = ({ runId }: { readonly runId: string }): number => (heads.get(runId) as RunHead).row;
  const name = (row: { readonly runId: string }, ...parts: string[]): string => JSON.stringify([row.runId, ...parts]);
  const marks = newest(rows.marks, (row) => name(row, row.worker, row.incarnation));
  const params = newest(
    rows.entries.filter((row) => row.kind === 'param'),
    (row) => name(row, row.key),
  );
  const entries = rows.entries.filter((row) => row.kind !== 'param');
  const commands = newest(rows.commands, (row) => name(row, row.commandId));
  const { warnings, deadLetters } = rows;
  const records = (of: readonly { readonly record: string }[]): Buffer => textArray(of.map(({ record }) => record));
  const texts = <Row>(of: readonly Row[], pick: (row: Row) => string | null): Buffer => textArray(of.map(pick));
  const all: (Command & { readonly rows: number })[] = [
    {
      rows: marks.length,
      name: 'upsertMarks',
      values: [int8Array(marks.map(run)), texts(marks, (row) => row.worker), texts(marks, (row) => row.incarnation), records(marks)],
    },
    {
      rows: params.length,
      name: 'upsertParams',
      values: [
        int8Array(params.map(run)),
        texts(params, (row) => row.key),
        records(params),
        ...formParams(params.map(({ forms }) => forms)),
      ],
    },
    {
      rows: entries.length,
      name: 'insertEntries',
      values: [
        int8Array(entries.map(run)),
        texts(entries, (row) => row.kind),
        texts(entries, (row) => optionalText(row.level)),
        records(entries),
      ],
    },
    {
      rows: commands.length,
      name: 'upsertCommands',
      values: [int8Array(commands.map(run)), texts(commands, (row) => encodeText(row.commandId)), records(commands)],
    },
    { rows: warnings.length, name: 'insertWarnings', values: [int8Array(warnings.map(run)), records(warnings)] },
    {
      rows: deadLetters.length,
      name: 'insertDeadLetters',
      values: [
        int8Array(deadLetters.map(run)),
        int8Array(deadLetters.map(({ at }) => at)),
        texts(deadLetters, (row) => encodeText(row.code)),
        byteaArray(deadLetters.map(({ bytes }) => bytes)),
      ],
    },
  ];
  return all.filter((command) => command.rows > 0);
}

/** Rows of `runs` that have a new record or new counters, and the tags of those whose details are given. */
export function runCommands(
  rows: readonly RunRow[],
  heads: Heads,
  tails: ReadonlyMap<number, NumberedTails>,
  steps: readonly RevisionStep[],
): Command[] {
  const to = new Map(steps.map((step) => [step.runId, step.to]));
  const records = new Map<number, RunRow>();
  for (const row of rows) {
    const id = (heads.get(row.runId) as RunHead).row;
    const before = records.get(id);
    // Two versions in one commit: the newer one, with the details that either brings.
    records.set(id, before !== undefined && row.details === null ? { ...row, details: before.details, tags: before.tags } : row);
  }
  const ids = [...new Set([...records.keys(), ...tails.keys()])];
  if (ids.length === 0) return [];
  const texts = (pick: (row: RunRow) => string | null): Buffer =>
    textArray(
      ids.map((id) => {
        const row = records.get(id);
        return row === undefined ? null : pick(row);
      }),
    );
  const numbers = (pick: (of: NumberedTails) => number): number[] =>
    ids.map((id) => {
      const of = tails.get(id);
      return of === undefined ? 0 : pick(of);
    });
  const update: Command = {
    name: 'updateRuns',
    values: [
      int8Array(ids),
      texts(({ name }) => optionalText(name)),
      texts(({ foldedName }) => encodeText(foldedName)),
      texts(({ status }) => encodeText(status)),
      texts(({ experiment }) => optionalText(experiment)),
      texts(({ parent }) => optionalText(parent)),
      int8Array(ids.map((id) => records.get(id)?.createdAt ?? 0)),
      texts(({ record }) => record),
      texts(({ details }) => details),
      int8Array(numbers(({ lastBlock }) => lastBlock)),
      int8Array(numbers(({ lastChunk }) => lastChunk)),
      int4Array(numbers(({ lastTrack }) => lastTrack)),
      int8Array(numbers(({ tailBlock }) => tailBlock)),
      int8Array(numbers(({ tailChunk }) => tailChunk)),
      int8Array(ids.map((id) => records.get(id)?.startedAt ?? null)),
      int8Array(ids.map((id) => records.get(id)?.endedAt ?? null)),
      int8Array(ids.map((id) => to.get(records.get(id)?.runId ?? '') ?? null)),
    ],
  };
  return [update, ...tagCommands(records)];
}

function tagCommands(records: ReadonlyMap<number, RunRow>): Command[] {
  const changed = [...records].filter(([, row]) => row.details !== null);
  if (changed.length === 0) return [];
  const tags = changed.flatMap(([id, row]) => row.tags.map(([key, value, forms]) => ({ id, key, value, forms })));
  const clear: Command = { name: 'clearTags', values: [int8Array(changed.map(([id]) => id))] };
  if (tags.length === 0) return [clear];
  const insert: Command = {
    name: 'insertTags',
    values: [
      int8Array(tags.map(({ id }) => id)),
      textArray(tags.map(({ key }) => key)),
      textArray(tags.map(({ value }) => value)),
      ...formParams(tags.map(({ forms }) => forms)),
    ],
  };
  return [clear, insert];
}

/** `number`, `text`, `folded` */
function formParams(forms: readonly (Forms | null)[]): Buffer[] {
  return [
    float8Array(forms.map((form) => form?.number ?? null)),
    textArray(forms.map((form) => form?.text ?? null)),
    textArray(forms.map((form) => form?.folded ?? null)),
  ];
}
