// Writes a search tree in the search language: parsing what is printed gives the tree again.

import type { Condition, Literal, MetricValue, OrderTerm, Value } from '../../storage/search/tree.js';
import type { Search } from './parser.js';
import { timeText } from './times.js';

/** Keys that need no quotes, whatever stands beside them. */
const PLAIN_KEY = /^(?!.*\/(?:params|metrics|tags)\.)[A-Za-z_]\w*(?:[./][A-Za-z_]\w*)*$/;

export function printSearch({ where, orderBy, limit }: Search): string {
  const parts = where === null ? [] : [printCondition(where)];
  if (orderBy.length > 0) parts.push(`order by ${orderBy.map(printTerm).join(', ')}`);
  if (limit !== null) parts.push(`limit ${limit}`);
  return parts.join(' ');
}

function printCondition(condition: Condition): string {
  switch (condition.kind) {
    case 'and':
      return condition.all.map((one) => (one.kind === 'or' ? `(${printCondition(one)})` : printCondition(one))).join(' and ');
    case 'or':
      return condition.any.map(printCondition).join(' or ');
    case 'not':
      return printNot(condition.of);
    case 'compare':
      return `${printValue(condition.left)} ${condition.operator} ${printValue(condition.right)}`;
    case 'words':
      return quoted(condition.text);
    default:
      return printTest(condition, '');
  }
}

type Test = Extract<Condition, { kind: 'like' | 'in' | 'null' | 'nan' }>;

function printTest(test: Test, not: string): string {
  const subject = printValue(test.of);
  switch (test.kind) {
    case 'like':
      return `${subject} ${not}${test.fold ? 'ilike' : 'like'} ${quoted(test.pattern)}`;
    case 'in':
      return `${subject} ${not}in (${test.values.map(printLiteral).join(', ')})`;
    default:
      return `${subject} is ${not}${test.kind}`;
  }
}

function printNot(of: Condition): string {
  if (of.kind === 'like' || of.kind === 'in' || of.kind === 'null' || of.kind === 'nan') return printTest(of, 'not ');
  return of.kind === 'words' ? `not ${printCondition(of)}` : `not (${printCondition(of)})`;
}

function printTerm({ by, descending }: OrderTerm): string {
  return `${printValue(by)}${descending ? ' desc' : ''}`;
}

export function printValue(value: Value): string {
  switch (value.kind) {
    case 'field':
      return value.field;
    case 'param':
    case 'tag':
      return `${value.kind}s.${printKey(value.key)}`;
    case 'metric':
      return printMetric(value);
    case 'call':
      return `${value.name}(${printValue(value.of)})`;
    case 'math':
      return `${printOperand(value.left)} ${value.operator} ${printOperand(value.right)}`;
    default:
      return printLiteral(value);
  }
}

function printOperand(value: Value): string {
  return value.kind === 'math' ? `(${printValue(value)})` : printValue(value);
}

function printMetric({ key, phase, stat }: MetricValue): string {
  const metric = `metrics.${printKey(key)}${phase === '' ? '' : `@${phase}`}`;
  return stat === 'last' ? metric : `${stat}(${metric})`;
}

function printKey(key: string): string {
  return PLAIN_KEY.test(key) ? key : `"${key.replaceAll('"', '""')}"`;
}

function printLiteral(literal: Literal): string {
  if (literal.kind === 'text') return quoted(literal.value);
  if (literal.kind === 'time') return quoted(timeText(literal.value));
  return Number.isFinite(literal.value) ? String(literal.value) : literal.value > 0 ? 'inf' : '-inf';
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
