// SQLite as Node itself brings it (node:sqlite): nothing to install and nothing to compile.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Connection, Opening, SqlValue, Statement } from './connection.js';
import { resultCode } from './result-codes.js';

/** A row as it is read: the cells in the order of its columns. */
type Cells = SqlValue[];

interface NativeStatement {
  run(...values: SqlValue[]): ReturnType<Statement['run']>;
  get(...values: SqlValue[]): Cells | undefined;
  all(...values: SqlValue[]): Cells[];
  columns(): { readonly name: string }[];
  setReturnArrays(on: boolean): void;
  setReadBigInts(on: boolean): void;
}

interface NativeDatabase {
  prepare(sql: string): NativeStatement;
  exec(sql: string): void;
  function(name: string, body: (value: SqlValue) => SqlValue): void;
  close(): void;
}

interface NativeModule {
  readonly DatabaseSync: new (path: string, options: { readonly readOnly: boolean }) => NativeDatabase;
}

/** A file name, and none that SQLite would read as the address of one. */
const IN_MEMORY: ReadonlySet<string> = new Set(['', ':memory:']);
/** A statement that may be carried out a second time. */
const READS = /^\s*(SELECT|WITH|PRAGMA|VALUES)\b/i;
/** SQLite takes a blob without an address for NULL, and an array without bytes may have none. */
const EMPTY = new Uint8Array(new ArrayBuffer(1), 0, 0);

let loaded: NativeModule | undefined;

/** The version of SQLite in this Node; undefined: it brings none. */
export function versionInNode(): string | undefined {
  return nativeModule() === undefined ? undefined : process.versions.sqlite;
}

/** The driver of `connection.ts` over node:sqlite; only where there is a version. */
export function openInNode(path: string, opening: Opening): Connection {
  const native = nativeModule() as NativeModule;
  const inMemory = IN_MEMORY.has(path);
  // There is no such option. Never by opening the file: to close it would end every lock that this process has on it.
  if (opening.fileMustExist && !inMemory && !existsSync(path)) throw cannotOpen();
  const database = attempt(() => new native.DatabaseSync(inMemory ? path : resolve(path), { readOnly: opening.readonly }));
  return new NodeConnection(database, opening.timeout);
}

function nativeModule(): NativeModule | undefined {
  loaded ??= withoutItsWarning(() => process.getBuiltinModule('node:sqlite') as NativeModule | undefined);
  return loaded;
}

/** Node 22 tells each process that node:sqlite is experimental: nothing that a user of XTrack can act on. */
function withoutItsWarning<T>(load: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
    if (!(rest[0] === 'ExperimentalWarning' && String(warning).startsWith('SQLite')))
      Reflect.apply(emitWarning, process, [warning, ...rest]);
  }) as typeof emitWarning;
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}

class NodeConnection implements Connection {
  readonly #database: NativeDatabase;
  #open = true;

  constructor(database: NativeDatabase, timeout: number) {
    this.#database = database;
    this.exec(`PRAGMA busy_timeout = ${timeout}`);
  }

  prepare(sql: string): Statement {
    return new NodeStatement(
      attempt(() => this.#database.prepare(sql)),
      READS.test(sql),
    );
  }

  exec(sql: string): void {
    attempt(() => this.#database.exec(sql));
  }

  function(name: string, body: (value: SqlValue) => SqlValue): void {
    attempt(() => this.#database.function(name, body));
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    attempt(() => this.#database.close());
  }
}

class NodeStatement implements Statement {
  readonly #native: NativeStatement;
  readonly #reads: boolean;
  #columns: readonly string[] = [];

  constructor(native: NativeStatement, reads: boolean) {
    this.#native = native;
    this.#reads = reads;
    // An object out of cells is made faster here than there, and is like any other object.
    native.setReturnArrays(true);
  }

  run(...values: SqlValue[]): ReturnType<Statement['run']> {
    return attempt(() => this.#native.run(...bound(values)));
  }

  get(...values: SqlValue[]): unknown {
    const cells = this.#read(() => this.#native.get(...bound(values)));
    return cells === undefined ? undefined : this.#row(cells);
  }

  all(...values: SqlValue[]): unknown[] {
    return this.#read(() => this.#native.all(...bound(values))).map((cells) => this.#row(cells));
  }

  #row(cells: Cells): Record<string, SqlValue> {
    // Of a table that has changed since, `*` is more or fewer than before.
    if (this.#columns.length !== cells.length) this.#columns = this.#native.columns().map(({ name }) => name);
    const row: Record<string, SqlValue> = {};
    for (let at = 0; at < cells.length; at++) row[this.#columns[at] as string] = cells[at] as SqlValue;
    return row;
  }

  #read<T extends Cells[] | Cells | undefined>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (this.#reads && (error as { code?: unknown }).code === 'ERR_OUT_OF_RANGE') return this.#readRounded(read);
      throw named(error);
    }
  }

  /** Some integer is too large for a number: each is read as it is, and rounded then. */
  #readRounded<T extends Cells[] | Cells | undefined>(read: () => T): T {
    this.#native.setReadBigInts(true);
    try {
      return rounded(read()) as T;
    } catch (error) {
      throw named(error);
    } finally {
      this.#native.setReadBigInts(false);
    }
  }
}

function bound(values: SqlValue[]): SqlValue[] {
  return values.some(isEmpty) ? values.map((value) => (isEmpty(value) ? EMPTY : value)) : values;
}

function isEmpty(value: SqlValue): boolean {
  return value instanceof Uint8Array && value.byteLength === 0;
}

function rounded(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  return Array.isArray(value) ? value.map(rounded) : value;
}

function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw named(error);
  }
}

/** The error with SQLite's name for it as `code`; what is none of SQLite's as it is. */
function named(error: unknown): unknown {
  const number = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return typeof number === 'number' ? Object.assign(error as Error, { code: resultCode(number) }) : error;
}

function cannotOpen(): Error {
  return Object.assign(new Error('unable to open database file'), { code: 'SQLITE_CANTOPEN' });
}
