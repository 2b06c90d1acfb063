// What is kept, and for how long: a few rules as plain data, checked before anything is done by them.

import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { XTrackError } from '../protocol/errors.js';
import { parseSearch } from '../query/search/parser.js';
import type { Condition } from '../storage/search/tree.js';

/** What becomes of the runs that it is about. A run that several rules are about goes where one of them lets it go. */
export interface RetentionRule {
  /** Runs for which this search is true; left out: all. `order by` and `limit` mean nothing here. */
  readonly match?: string;
  /** Only runs of this experiment. */
  readonly experiment?: string;
  /** Runs that ended so many days ago go to the trash … */
  readonly keepDays?: number;
  /** … and where this is given too, all but the best of them. Without `keepDays`, all but the best go once they have ended. */
  readonly keepBest?: {
    readonly count: number;
    readonly metric: string;
    /** Which end is better. */
    readonly mode: 'min' | 'max';
  };
  /** Log lines go after so many days; the event log keeps them, packed. */
  readonly logDays?: number;
}

export interface RetentionRules {
  readonly rules?: readonly RetentionRule[];
  /** A run with one of these tags is never touched. Default: `{ keep: 'true' }`. */
  readonly keepTags?: Readonly<Record<string, string>>;
  /** Runs stay in the trash for so many days. Default: 30. */
  readonly trashDays?: number;
}

/** A rule whose search is read. */
export interface ReadRule {
  readonly where: Condition | null;
  readonly keepDays: number | undefined;
  readonly keepBest: NonNullable<RetentionRule['keepBest']> | undefined;
  readonly logDays: number | undefined;
  /** How it is named to people. */
  readonly name: string;
}

export interface ReadRules {
  readonly rules: readonly ReadRule[];
  readonly keepTags: Readonly<Record<string, string>>;
  readonly trashDays: number;
}

const MOST_RULES = 100;
const TRASH_DAYS = 30;

const days = Type.Number({ minimum: 0, maximum: 1_000_000 });
const text = Type.String({ minLength: 1, maxLength: 65_536 });
const strict = { additionalProperties: false };

const VALIDATOR = Compile(
  Type.Object(
    {
      rules: Type.Optional(
        Type.Array(
          Type.Object(
            {
              match: Type.Optional(text),
              experiment: Type.Optional(text),
              keepDays: Type.Optional(days),
              keepBest: Type.Optional(
                Type.Object(
                  { count: Type.Integer({ minimum: 0, maximum: 10_000 }), metric: text, mode: Type.Enum(['min', 'max']) },
                  strict,
                ),
              ),
              logDays: Type.Optional(days),
            },
            strict,
          ),
          { maxItems: MOST_RULES },
        ),
      ),
      keepTags: Type.Optional(Type.Record(Type.String(), Type.String())),
      trashDays: Type.Optional(days),
    },
    strict,
  ),
);

/** Checks rules and reads their searches. Errors: XT_ARGUMENT, which names the place; XT_SEARCH. */
export function readRules(given: unknown): ReadRules {
  if (!VALIDATOR.Check(given)) {
    const [first] = VALIDATOR.Errors(given);
    const field = `rules${(first?.instancePath ?? '').replaceAll('/', '.')}`;
    throw new XTrackError('XT_ARGUMENT', { detail: first?.message ?? 'the rules cannot be read', field });
  }
  const { rules = [], keepTags = { keep: 'true' }, trashDays = TRASH_DAYS } = given as RetentionRules;
  return { rules: rules.map(readRule), keepTags, trashDays };
}

function readRule(rule: RetentionRule, at: number): ReadRule {
  const { match, experiment, keepDays, keepBest, logDays } = rule;
  if (keepDays === undefined && keepBest === undefined && logDays === undefined)
    throw new XTrackError('XT_ARGUMENT', { detail: 'a rule needs keepDays, keepBest or logDays', field: `rules.rules.${at}` });
  const conditions: Condition[] = [];
  const searched = match === undefined ? null : parseSearch(match).where;
  if (searched !== null) conditions.push(searched);
  if (experiment !== undefined)
    conditions.push({
      kind: 'compare',
      operator: '=',
      left: { kind: 'field', field: 'experiment' },
      right: { kind: 'text', value: experiment },
    });
  const where = conditions.length > 1 ? ({ kind: 'and', all: conditions } as const) : (conditions[0] ?? null);
  return { where, keepDays, keepBest, logDays, name: `rule ${at + 1}` };
}
