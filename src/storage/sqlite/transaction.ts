// One transaction of the writing connection: begun with patience, and given up whole.

import { type Connection, sqliteCode } from './driver.js';

/** Each try waits for the lock as long as a statement may (5 s). */
const BUSY_TRIES = 3;

export function transaction<T>(connection: Connection, body: () => T): T {
  begin(connection);
  try {
    const result = body();
    connection.exec('COMMIT');
    return result;
  } catch (error) {
    rollback(connection);
    throw error;
  }
}

function begin(connection: Connection): void {
  for (let attempt = 1; ; attempt++) {
    try {
      connection.exec('BEGIN IMMEDIATE');
      return;
    } catch (error) {
      if (!sqliteCode(error).startsWith('SQLITE_BUSY') || attempt === BUSY_TRIES) throw error;
    }
  }
}

function rollback(connection: Connection): void {
  try {
    connection.exec('ROLLBACK');
  } catch {
    // SQLite has rolled back by itself (disk full, I/O error).
  }
}
