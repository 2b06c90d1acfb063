// What a search asks for, as pure data: the parser makes it, and every backend answers it alike.

import type { Phase } from '../../protocol/events.js';

/** Fields of a run by their names in the search language. Times in µs since the epoch, `duration` in seconds (null while it runs). */
export type Field = 'id' | 'name' | 'status' | 'experiment' | 'parent' | 'created' | 'started' | 'ended' | 'duration';

/** What is known of a metric's points: over all workers, and over all phases where none is named. min and max: of the finite ones. */
export type Stat = 'last' | 'min' | 'max' | 'first' | 'count';

export interface MetricValue {
  readonly kind: 'metric';
  readonly key: string;
  /** '': over all phases. */
  readonly phase: Phase | '';
  readonly stat: Stat;
}

export type Literal =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  /** µs since the epoch */
  | { readonly kind: 'time'; readonly value: number };

export type MathOperator = '+' | '-' | '*' | '/';
/** `log` is the natural logarithm. */
export type MathFunction = 'abs' | 'sqrt' | 'log' | 'log10';

/** Something that a run has a value of, or null where it has none. */
export type Value =
  | Literal
  | MetricValue
  | { readonly kind: 'field'; readonly field: Field }
  | { readonly kind: 'param'; readonly key: string }
  | { readonly kind: 'tag'; readonly key: string }
  | { readonly kind: 'math'; readonly operator: MathOperator; readonly left: Value; readonly right: Value }
  | { readonly kind: 'call'; readonly name: MathFunction; readonly of: Value };

export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>=';

/** True, false or unknown (null) of a run. Unknown spreads as in SQL; only runs for which the whole is true are found. */
export type Condition =
  | { readonly kind: 'and'; readonly all: readonly Condition[] }
  | { readonly kind: 'or'; readonly any: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | { readonly kind: 'compare'; readonly operator: Comparison; readonly left: Value; readonly right: Value }
  /** `%` any characters, `_` one, `\` before either: itself. `fold`: case ignored. */
  | { readonly kind: 'like'; readonly of: Value; readonly pattern: string; readonly fold: boolean }
  | { readonly kind: 'in'; readonly of: Value; readonly values: readonly Literal[] }
  | { readonly kind: 'null'; readonly of: Value }
  /** The metric has points, and this one is NaN (for min and max: none is finite). */
  | { readonly kind: 'nan'; readonly of: MetricValue }
  /** Lies in the name or the run id, case ignored. */
  | { readonly kind: 'words'; readonly text: string };

/** Runs without a value come last either way. Equal ones: newest first. */
export interface OrderTerm {
  readonly by: Value;
  readonly descending: boolean;
}

/** `either`: a param or a tag, which has a text and may have a number. */
export type ValueType = 'number' | 'text' | 'time' | 'either';

const TIMES: ReadonlySet<Field> = new Set(['created', 'started', 'ended']);

export function typeOf(value: Value): ValueType {
  switch (value.kind) {
    case 'number':
    case 'metric':
    case 'math':
    case 'call':
      return 'number';
    case 'text':
      return 'text';
    case 'time':
      return 'time';
    case 'field':
      if (value.field === 'duration') return 'number';
      return TIMES.has(value.field) ? 'time' : 'text';
    default:
      return 'either';
  }
}

/** As what two values are compared; undefined: they never are. `either`: as numbers where both have one, else as texts. */
export function comparedAs(left: Value, right: Value): ValueType | undefined {
  const [a, b] = [typeOf(left), typeOf(right)];
  if (a === b) return a;
  if (a === 'time' || b === 'time') return undefined;
  if (a === 'either') return b;
  return b === 'either' ? a : undefined;
}

/** Every value in the condition, the inner ones of expressions included. */
export function valuesIn(condition: Condition): Value[] {
  switch (condition.kind) {
    case 'and':
      return condition.all.flatMap(valuesIn);
    case 'or':
      return condition.any.flatMap(valuesIn);
    case 'not':
      return valuesIn(condition.of);
    case 'compare':
      return [...valuesWithin(condition.left), ...valuesWithin(condition.right)];
    case 'words':
      return [];
    default:
      return valuesWithin(condition.of);
  }
}

/** The value itself and what it is made of. */
export function valuesWithin(value: Value): Value[] {
  if (value.kind === 'math') return [value, ...valuesWithin(value.left), ...valuesWithin(value.right)];
  return value.kind === 'call' ? [value, ...valuesWithin(value.of)] : [value];
}
