// Who changed what from outside: one JSON line for each request that changes something, in a file that only grows, readable by its owner
// alone. Nothing that opens anything, and nothing that a training was told, stands in it.

import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readdirSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes after which a new file is begun. */
const FULL = 10 * 1024 * 1024;
/** Full files that are kept. */
const KEPT = 9;
const NAME = 'audit.jsonl';
/** Of a full one: when it was full (ms), and what no other has. */
const FULL_NAME = /^audit\.\d{13}\.[0-9a-f]{8}\.jsonl$/;
/** Characters of a text in it. */
const MAX_TEXT = 500;

export interface AuditEntry {
  readonly via: 'http' | 'mcp' | 'cli';
  /** Name of the key or the user. */
  readonly by: string;
  readonly action: string;
  /** `done`, or the code of the error. */
  readonly outcome: string;
  readonly [detail: string]: unknown;
}

export class AuditLog {
  /** Null: nothing is kept. */
  readonly #directory: string | null;
  readonly #full: number;
  #warned = false;

  /** `full`: bytes after which a new file is begun. */
  constructor(directory: string | null, full = FULL) {
    this.#directory = directory;
    this.#full = full;
  }

  /** Never throws: on a full disk a run can still be stopped. */
  record(entry: AuditEntry): void {
    if (this.#directory === null) return;
    try {
      append(join(this.#directory, NAME), `${JSON.stringify({ at: new Date().toISOString(), ...entry }, shorten)}\n`);
      this.#turn(this.#directory);
    } catch (error) {
      if (!this.#warned) process.emitWarning(`the audit log cannot be written: ${(error as Error).message}`, 'XTrackWarning');
      this.#warned = true;
    }
  }

  /** Of two processes that do so at once none loses a line: each gives the file that it finds a name of its own. */
  #turn(directory: string): void {
    const path = join(directory, NAME);
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (size < this.#full) return;
    renameSync(path, join(directory, `audit.${Date.now()}.${randomBytes(4).toString('hex')}.jsonl`));
    const old = readdirSync(directory)
      .filter((name) => FULL_NAME.test(name))
      .sort();
    for (const name of old.slice(0, -KEPT)) rmSync(join(directory, name), { force: true });
  }
}

/** One write at the end of the file, whoever else writes to it. */
function append(path: string, line: string): void {
  const file = openSync(path, 'a', 0o600);
  try {
    writeSync(file, line);
  } finally {
    closeSync(file);
  }
}

function shorten(_key: string, value: unknown): unknown {
  return typeof value === 'string' && value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value;
}
