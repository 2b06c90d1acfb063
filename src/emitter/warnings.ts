// What the emitter tells the person at the terminal: one line on stderr, each kind of trouble once, never an exception.

import { writeSync } from 'node:fs';
import { type ErrorCode, XTrackError } from '../protocol/errors.js';

/** Kinds of trouble that are told before the emitter goes quiet: a bound on noise and on memory. */
const MOST_KINDS = 100;

const told = new Set<string>();

/** Writes one line to stderr at once, also while the process exits; a closed stderr is nobody's problem. */
export function say(line: string): void {
  try {
    writeSync(2, `xtrack: ${line}\n`);
  } catch {
    // EAGAIN or EPIPE: the training matters more than the notice.
  }
}

/** Says the line unless this kind of trouble was told before in this process. */
export function warnOnce(kind: string, line: string): void {
  if (told.has(kind) || told.size >= MOST_KINDS) return;
  told.add(kind);
  say(line);
}

/** How misuse is answered: `strict` throws XTrackError, otherwise one line on stderr and training goes on. */
export class Complaints {
  readonly strict: boolean;

  constructor(strict: boolean) {
    this.strict = strict;
  }

  raise(code: ErrorCode, detail: string, field?: string): void {
    const error = new XTrackError(code, field === undefined ? { detail } : { detail, field });
    if (this.strict) throw error;
    warnOnce(`${code} ${field ?? detail}`, error.message);
  }
}
