// Where SQLite and PostgreSQL write the same thing differently, and what the tables that are searched are called.

import { globPattern, likePattern } from './pattern.js';

/** Tables and columns that a search reads. Texts are stored as text.ts and forms.ts make them. */
export interface SearchSchema {
  /** With `id`, `run_id`, `name`, `folded_name` ('' for none), `status`, `experiment`, `parent`, `created_at`, `started_at`, `ended_at`. */
  readonly runs: string;
  /** Each with `run`, `key`, `number`, `text`, `folded`: see Forms. */
  readonly params: string;
  readonly tags: string;
  /** With `run`, `key`, `phase`, `count`, `min`, `max`, `first`, `last`: see MetricFact; NaN is NULL. */
  readonly metrics: string;
}

/** A piece of SQL; each `?` stands for the next of the values. */
export interface Sql {
  readonly text: string;
  readonly values: readonly (string | number)[];
}

/** Placeholders are typed, since PostgreSQL does not look at what is bound. Columns come in as SQL of ours, never of a user. */
export interface Dialect {
  readonly number: string;
  readonly text: string;
  /** µs since the epoch, a whole number. */
  readonly time: string;
  /** The SQL of a whole number as a floating one. */
  real(sql: string): string;
  /** The SQL of a text, so that it is ordered by code point. */
  ordered(sql: string): string;
  /** ASCII letters in lower case. */
  lower(sql: string): string;
  contains(sql: string): string;
  like(sql: string): string;
  /** That a column holds this key (as stored). */
  keyIs(column: string, key: string): Sql;
  /** A condition on joined rows, so that the runs stay the outer loop. */
  joinedLast(sql: string): string;
  pattern(pattern: string): string;
  /** Numbers the placeholders. */
  finish(sql: string): string;
}

export const SQLITE: Dialect = {
  number: '?',
  text: '?',
  time: '?',
  real: (sql) => `CAST(${sql} AS REAL)`,
  ordered: (sql) => sql,
  lower: (sql) => `lower(${sql})`,
  contains: (sql) => `instr(${sql}, ?) > 0`,
  like: (sql) => `${sql} GLOB ?`,
  keyIs: (column, key) => ({ text: `${column} = ?`, values: [key] }),
  // Else SQLite makes inner joins of the outer ones, begins with every row of a key, and sorts what the order of the runs gives for nothing.
  joinedLast: (sql) => `${sql} IS TRUE`,
  pattern: globPattern,
  finish: (sql) => sql,
};

export const POSTGRES: Dialect = {
  number: '?::float8',
  text: '?::text',
  time: '?::bigint',
  real: (sql) => `(${sql})::float8`,
  ordered: (sql) => `${sql} COLLATE "C"`,
  lower: (sql) => `lower(${sql} COLLATE "C")`,
  contains: (sql) => `strpos(${sql}, ?::text) > 0`,
  like: (sql) => `${sql} LIKE ?::text`,
  keyIs: (column, key) => ({ text: `${column} = ?::text`, values: [key] }),
  // Its planner weighs the two by what it knows of the tables.
  joinedLast: (sql) => sql,
  pattern: likePattern,
  finish: (sql) => {
    let last = 0;
    return sql.replace(/\?/g, () => {
      last += 1;
      return `$${last}`;
    });
  },
};
