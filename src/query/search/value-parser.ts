// Values of the search language: keys, fields, literals, functions, arithmetic, and what else may stand in parentheses.

import type { Phase } from '../../protocol/events.js';
import {
  type Condition,
  type Field,
  type Literal,
  type MathFunction,
  type MathOperator,
  type MetricValue,
  type Stat,
  typeOf,
  type Value,
} from '../../storage/search/tree.js';
import { betterOf } from './direction.js';
import { FIELDS, FUNCTIONS, KEYWORDS, nearest, PREFIXES, STATS } from './names.js';
import { readDuration } from './times.js';
import { MAX_DEPTH, type TokenReader } from './token-reader.js';
import type { Token } from './tokens.js';

/** What was read: a value, a condition, or a word that is no name of ours. */
export type Node = { readonly from: Token } & (
  | { readonly is: 'value'; readonly value: Value; readonly depth: number; readonly duration: boolean }
  | { readonly is: 'condition'; readonly condition: Condition }
  | { readonly is: 'word' }
);

export type ValueNode = Extract<Node, { is: 'value' }>;

/** Names of other trackers, and slips that are no misspelling. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  run_id: 'id',
  run_name: 'name',
  start_time: 'started',
  end_time: 'ended',
  experiment_id: 'experiment',
  parent_run_id: 'parent',
  config: 'params',
  summary: 'metrics',
  metric: 'metrics',
  param: 'params',
  parameters: 'params',
  tag: 'tags',
};

export class ValueParser {
  readonly #reader: TokenReader;
  readonly #now: number;
  readonly #nested: () => Node;

  /** `now`: µs. `nested` reads what stands in parentheses. */
  constructor(reader: TokenReader, now: number, nested: () => Node) {
    this.#reader = reader;
    this.#now = now;
    this.#nested = nested;
  }

  /** Sums and differences, and whatever a single term may be. */
  node(): Node {
    return this.#chain(['+', '-'], () => this.#chain(['*', '/'], () => this.#signed()));
  }

  /** A value, or an error at its place. */
  value(): ValueNode {
    return this.asValue(this.node());
  }

  asValue(node: Node): ValueNode {
    if (node.is === 'value') return node;
    if (node.is === 'word') throw this.#unknownName(node.from);
    throw this.#reader.errorAt(node.from, 'expected a value, not a condition');
  }

  /** What stands right of an operator: a word there is most often a text without its quotes. */
  operand(): ValueNode {
    const node = this.node();
    if (node.is === 'word') throw this.#unknownName(node.from, `'${node.from.value}'`);
    return this.asValue(node);
  }

  #unknownName(token: Token, otherwise?: string): Error {
    return this.#reader.errorAt(token, `there is no field ${token.value}; text stands in quotes`, suggestField(token.value) ?? otherwise);
  }

  #chain(symbols: readonly string[], operand: () => Node): Node {
    let left = operand();
    while (this.#reader.isSymbol(...symbols)) {
      const operator = this.#reader.take();
      left = this.#calculation(this.asValue(left), operator, this.asValue(operand()));
    }
    return left;
  }

  #calculation(left: ValueNode, operator: Token, right: ValueNode): ValueNode {
    const sign = operator.value as MathOperator;
    if (left.value.kind === 'time' && right.duration && right.value.kind === 'number' && (sign === '+' || sign === '-')) {
      const micros = right.value.value * 1e6;
      return this.#made(left.from, { kind: 'time', value: Math.max(0, Math.round(left.value.value + (sign === '+' ? micros : -micros))) });
    }
    for (const side of [left, right]) {
      const type = typeOf(side.value);
      if (type === 'text' || type === 'time') throw this.#reader.errorAt(side.from, `a ${type} cannot be part of a calculation`);
    }
    this.#reader.count();
    return this.#made(
      left.from,
      { kind: 'math', operator: sign, left: left.value, right: right.value },
      Math.max(left.depth, right.depth) + 1,
    );
  }

  #signed(): Node {
    if (!this.#reader.isSymbol('-', '+')) return this.#primary();
    const sign = this.#reader.take();
    const of = this.#reader.deeper(() => this.asValue(this.#signed()));
    if (sign.value === '+') return of;
    // 0 - x, so that there is no -0.
    if (of.value.kind === 'number') return this.#made(sign, { kind: 'number', value: 0 - of.value.value });
    return this.#calculation(this.#made(sign, { kind: 'number', value: 0 }), sign, of);
  }

  #primary(): Node {
    const { next } = this.#reader;
    switch (next.kind) {
      case 'number':
        this.#reader.take();
        return this.#made(next, { kind: 'number', value: Number(next.value) });
      case 'duration':
        this.#reader.take();
        return { ...this.#made(next, { kind: 'number', value: readDuration(next.value) as number }), duration: true };
      case 'text':
        this.#reader.take();
        return this.#made(next, { kind: 'text', value: next.value });
      case 'key':
        this.#reader.take();
        return this.#made(next, keyed(next));
      case 'word':
        return this.#word();
      default:
        return this.#parenthesis();
    }
  }

  #parenthesis(): Node {
    const from = this.#reader.next;
    if (!this.#reader.acceptSymbol('(')) this.#reader.expected('a value');
    const node = this.#reader.deeper(() => this.#nested());
    if (!this.#reader.acceptSymbol(')')) this.#reader.expected(')');
    return node.is === 'word' ? node : { ...node, from };
  }

  #word(): Node {
    const { next, afterNext } = this.#reader;
    const word = next.value.toLowerCase();
    if (KEYWORDS.has(word)) this.#reader.expected('a value');
    this.#reader.take();
    if (afterNext.kind === 'symbol' && afterNext.value === '(' && (afterNext.at === next.to || FUNCTIONS.includes(word)))
      return this.#call(next, word);
    const literal = this.#named(word);
    if (literal !== undefined) return this.#made(next, literal);
    if ((FIELDS as readonly string[]).includes(word)) return this.#made(next, { kind: 'field', field: word as Field });
    return { from: next, is: 'word' };
  }

  #named(word: string): Literal | undefined {
    if (word === 'now') return { kind: 'time', value: this.#now };
    if (word === 'true' || word === 'false') return { kind: 'text', value: word };
    return word === 'inf' || word === 'infinity' ? { kind: 'number', value: Number.POSITIVE_INFINITY } : undefined;
  }

  #call(name: Token, word: string): ValueNode {
    if (!FUNCTIONS.includes(word)) throw this.#reader.errorAt(name, `there is no function ${name.value}`, nearest(word, FUNCTIONS));
    const { value, depth } = this.asValue(this.#parenthesis());
    if (word === 'best' || (STATS as readonly string[]).includes(word)) {
      if (value.kind !== 'metric' || value.stat !== 'last')
        throw this.#reader.errorAt(name, `${word}() takes a metric, such as metrics.loss`);
      return this.#made(name, { ...value, stat: word === 'best' ? betterOf(value.key) : (word as Stat) });
    }
    const type = typeOf(value);
    if (type === 'text' || type === 'time') throw this.#reader.errorAt(name, `${word}() takes a number, not a ${type}`);
    this.#reader.count();
    return this.#made(name, { kind: 'call', name: word as MathFunction, of: value }, depth + 1);
  }

  #made(from: Token, value: Value, depth = 1): ValueNode {
    if (depth > MAX_DEPTH) this.#reader.tooMuch(`the calculation nests deeper than ${MAX_DEPTH} levels`);
    return { from, is: 'value', value, depth, duration: false };
  }
}

function keyed({ prefix, value, phase }: Token): Value {
  if (prefix === 'params') return { kind: 'param', key: value };
  if (prefix === 'tags') return { kind: 'tag', key: value };
  const metric: MetricValue = { kind: 'metric', key: value, phase: phase as Phase | '', stat: 'last' };
  return metric;
}

function suggestField(word: string): string | undefined {
  const [head = '', ...rest] = word.toLowerCase().split('.');
  if (rest.length === 0) return OTHER_NAMES[head] ?? nearest(head, FIELDS);
  // attributes.status of other trackers
  if (/^(attributes?|attr|run)$/.test(head)) return suggestField(rest.join('.')) ?? rest.join('.');
  const prefix = OTHER_NAMES[head] ?? nearest(head, PREFIXES);
  return prefix === undefined ? undefined : `${prefix}${word.slice(head.length)}`;
}
