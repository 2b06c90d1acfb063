// What SQLite is used for here: the little that both of its drivers can do, in one form.

/** A value that goes in or out of a statement. */
export type SqlValue = string | number | bigint | Uint8Array | null;

/**
 * A prepared statement; rows are objects by column. An integer beyond 2^53 is read as the nearest double. What fails is thrown with SQLite's
 * name for it as `code`, such as SQLITE_FULL.
 */
export interface Statement {
  run(...values: SqlValue[]): { readonly changes: number; readonly lastInsertRowid: number | bigint };
  get(...values: SqlValue[]): unknown;
  all(...values: SqlValue[]): unknown[];
}

export interface Connection {
  prepare(sql: string): Statement;
  exec(sql: string): unknown;
  /** Makes a function of SQL. What its body throws is thrown by the statement. */
  function(name: string, body: (value: SqlValue) => SqlValue): unknown;
  /** May be called again. */
  close(): unknown;
}

export interface Opening {
  readonly readonly: boolean;
  /** No file is made. */
  readonly fileMustExist: boolean;
  /** How long a statement waits for another connection's lock (ms). */
  readonly timeout: number;
}

/** Opens a connection. Throws SQLITE_CANTOPEN and its like. */
export type Driver = (path: string, opening: Opening) => Connection;
