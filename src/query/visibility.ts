// Which runs a list shows at all, as a condition of the search itself: what is left out is never counted, paged or sorted.

import { RESERVED_TAGS } from '../protocol/reserved-tags.js';
import type { Condition, Value } from '../storage/search/tree.js';

export interface Visibility {
  /** Runs of these experiments, and public ones. Left out: every run. */
  readonly experiments?: readonly string[];
  /** Archived runs: left out, or nothing else. Left out: shown with the others. */
  readonly archived?: 'exclude' | 'only';
  /** The trash instead. What lies there is public no more. */
  readonly deleted?: 'only';
}

const PUBLIC: Value = { kind: 'tag', key: RESERVED_TAGS.public };
const ARCHIVED: Value = { kind: 'tag', key: RESERVED_TAGS.archived };
const NOTHING: Condition = { kind: 'compare', operator: '=', left: { kind: 'number', value: 0 }, right: { kind: 'number', value: 1 } };
const SET: Value = { kind: 'text', value: 'true' };

/** Both conditions; null: nothing is asked. */
export function within(where: Condition | null, { experiments, archived, deleted }: Visibility): Condition | null {
  const all: Condition[] = [];
  if (experiments !== undefined) all.push(mayBeSeen(experiments, deleted === undefined));
  if (archived === 'only') all.push(is('=', ARCHIVED));
  // A run without the tag is neither equal to it nor not.
  if (archived === 'exclude') all.push({ kind: 'or', any: [{ kind: 'null', of: ARCHIVED }, is('!=', ARCHIVED)] });
  if (where !== null) all.push(where);
  return all.length < 2 ? (all[0] ?? null) : { kind: 'and', all };
}

function mayBeSeen(experiments: readonly string[], publicToo: boolean): Condition {
  const values = experiments.map((value) => ({ kind: 'text', value }) as const);
  const own: Condition = values.length === 0 ? NOTHING : { kind: 'in', of: { kind: 'field', field: 'experiment' }, values };
  return publicToo ? { kind: 'or', any: [own, is('=', PUBLIC)] } : own;
}

function is(operator: '=' | '!=', tag: Value): Condition {
  return { kind: 'compare', operator, left: tag, right: SET };
}
