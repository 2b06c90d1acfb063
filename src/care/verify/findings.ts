// What a check of a run may find, each kind with a code that stays.

import type { ErrorCode } from '../../protocol/index.js';

/**
 * `block`: a piece of the event log cannot be read whole. `twice`: an event lies in it more than once. `hole`: an event counts as stored and is
 * not there. `mark`: an event is there and does not count. The others differ from what the log adds up to.
 */
export type FindingCode =
  | 'XT_VERIFY_BLOCK'
  | 'XT_VERIFY_TWICE'
  | 'XT_VERIFY_HOLE'
  | 'XT_VERIFY_MARK'
  | 'XT_VERIFY_COUNTS'
  | 'XT_VERIFY_STATUS'
  | 'XT_VERIFY_TAGS'
  | 'XT_VERIFY_ENTRIES'
  | 'XT_VERIFY_SERIES'
  | 'XT_VERIFY_SEARCH'
  | 'XT_VERIFY_READ';

export interface Finding {
  readonly code: FindingCode;
  /** What exactly differs, in words for people. */
  readonly detail: string;
}

/** What was found of one run. */
export interface VerifiedRun {
  readonly runId: string;
  readonly name: string | null;
  /** Events in its log. */
  readonly events: number;
  /** Empty: everything is as the log says. */
  readonly findings: readonly Finding[];
  /** Where a repair was asked for: what it mended; `findings` is then what is left. */
  readonly repaired?: readonly Finding[];
  /** Why nothing was repaired. */
  readonly refused?: { readonly code: ErrorCode; readonly detail: string };
}

/** The first so many of one kind are told one by one. */
const MOST = 20;

export class Findings {
  readonly #found: Finding[] = [];
  readonly #counts = new Map<FindingCode, number>();

  add(code: FindingCode, detail: string): void {
    const count = (this.#counts.get(code) ?? 0) + 1;
    this.#counts.set(code, count);
    if (count <= MOST) this.#found.push({ code, detail });
  }

  all(): Finding[] {
    const more = [...this.#counts].filter(([, count]) => count > MOST);
    return [...this.#found, ...more.map(([code, count]) => ({ code, detail: `${count - MOST} more of this kind` }))];
  }
}
