// A search in memory: the plainest reading of the tree, to which the SQL of every backend is held equal.

import type { RunRecord } from '../store.js';
import { compareText, encodeText } from '../text.js';
import { applyFunction, calculate } from './arithmetic.js';
import type { RunFacts } from './facts.js';
import { type Forms, foldAscii, insideStored } from './forms.js';
import { matchesPattern } from './pattern.js';
import { type Comparison, type Condition, comparedAs, type Field, type MetricValue, typeOf, type Value } from './tree.js';

/** Null: unknown. */
export type Truth = boolean | null;

/** Whether the condition is true of the run. */
export function holds(condition: Condition, facts: RunFacts): Truth {
  switch (condition.kind) {
    case 'and':
      return negate(anyOf(condition.all.map((inner) => negate(holds(inner, facts)))));
    case 'or':
      return anyOf(condition.any.map((inner) => holds(inner, facts)));
    case 'not':
      return negate(holds(condition.of, facts));
    case 'compare':
      return compare(condition.operator, condition.left, condition.right, facts);
    case 'like':
      return like(condition, facts);
    case 'in':
      return anyOf(condition.values.map((value) => compare('=', condition.of, value, facts)));
    case 'null':
      return isNull(condition.of, facts);
    case 'nan':
      return facts.metric(condition.of.key, condition.of.phase) !== undefined && statOf(condition.of, facts) === null;
    default:
      return holdsWords(condition.text, facts.record);
  }
}

/** The number that the value has of the run: times in µs, params and tags where they are or spell a number. Never NaN. */
export function numberOf(value: Value, facts: RunFacts): number | null {
  switch (value.kind) {
    case 'number':
    case 'time':
      return value.value;
    case 'metric':
      return statOf(value, facts);
    case 'param':
    case 'tag':
      return formsIn(value, facts)?.number ?? null;
    case 'field':
      return numberField(value.field, facts.record);
    case 'math':
      return calculate(value.operator, numberOf(value.left, facts), numberOf(value.right, facts));
    case 'call':
      return applyFunction(value.name, numberOf(value.of, facts));
    default:
      return null;
  }
}

/** The text that the value has of the run, as stored (see text.ts). */
export function textOf(value: Value, facts: RunFacts): string | null {
  switch (value.kind) {
    case 'text':
      return encodeText(value.value);
    case 'param':
    case 'tag':
      return formsIn(value, facts)?.text ?? null;
    case 'field':
      return textField(value.field, facts.record);
    default:
      return null;
  }
}

function compare(operator: Comparison, left: Value, right: Value, facts: RunFacts): Truth {
  const type = comparedAs(left, right);
  if (type === undefined) return null;
  if (type === 'text') return compareTexts(operator, textOf(left, facts), textOf(right, facts));
  const [a, b] = [numberOf(left, facts), numberOf(right, facts)];
  if (a !== null && b !== null) return stands(operator, a === b ? 0 : a - b);
  return type === 'either' ? compareTexts(operator, textOf(left, facts), textOf(right, facts)) : null;
}

function compareTexts(operator: Comparison, a: string | null, b: string | null): Truth {
  return a === null || b === null ? null : stands(operator, compareText(a, b));
}

function stands(operator: Comparison, order: number): boolean {
  switch (operator) {
    case '=':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    default:
      return order >= 0;
  }
}

function like({ of, pattern, fold }: Extract<Condition, { kind: 'like' }>, facts: RunFacts): Truth {
  const text = fold ? foldedOf(of, facts) : textOf(of, facts);
  return text === null ? null : matchesPattern(text, encodeText(fold ? pattern.toLowerCase() : pattern));
}

function foldedOf(value: Value, facts: RunFacts): string | null {
  if (value.kind === 'param' || value.kind === 'tag') {
    const forms = formsIn(value, facts);
    return forms?.folded ?? forms?.text ?? null;
  }
  if (value.kind === 'field' && value.field === 'name') {
    const { name } = facts.record;
    return name === null ? null : encodeText(name.toLowerCase());
  }
  const text = textOf(value, facts);
  return text === null ? null : foldAscii(text);
}

function isNull(value: Value, facts: RunFacts): boolean {
  const type = typeOf(value);
  return (type === 'text' || type === 'either' ? textOf(value, facts) : numberOf(value, facts)) === null;
}

function holdsWords(text: string, { name, runId }: RunRecord): boolean {
  const needle = insideStored(text.toLowerCase());
  return encodeText((name ?? '').toLowerCase()).includes(needle) || foldAscii(runId).includes(needle);
}

function formsIn(value: Extract<Value, { kind: 'param' | 'tag' }>, facts: RunFacts): Forms | undefined {
  return value.kind === 'param' ? facts.param(value.key) : facts.tag(value.key);
}

function statOf({ key, phase, stat }: MetricValue, facts: RunFacts): number | null {
  const fact = facts.metric(key, phase);
  if (fact === undefined) return stat === 'count' ? 0 : null;
  return Number.isNaN(fact[stat]) ? null : fact[stat];
}

function numberField(field: Field, { createdAt, startedAt, endedAt }: RunRecord): number | null {
  if (field === 'created') return createdAt;
  if (field === 'started') return startedAt;
  if (field === 'ended') return endedAt;
  return field === 'duration' && startedAt !== null && endedAt !== null ? Math.max(0, endedAt - startedAt) / 1e6 : null;
}

function textField(field: Field, { runId, name, status, experimentId, parentRunId }: RunRecord): string | null {
  const text: Partial<Record<Field, string | null>> = { id: runId, name, status, experiment: experimentId, parent: parentRunId };
  const found = text[field] ?? null;
  return found === null ? null : encodeText(found);
}

function anyOf(truths: readonly Truth[]): Truth {
  if (truths.includes(true)) return true;
  return truths.includes(null) ? null : false;
}

function negate(truth: Truth): Truth {
  return truth === null ? null : !truth;
}
