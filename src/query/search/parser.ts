// Reads the search language: text in, tree out, or an error that points at the place.

import {
  type Comparison,
  type Condition,
  comparedAs,
  type Literal,
  type OrderTerm,
  typeOf,
  type Value,
  valuesIn,
  valuesWithin,
} from '../../storage/search/tree.js';
import { KEYWORDS, nearest, SearchError, STATUSES } from './names.js';
import { readDuration, readTime } from './times.js';
import { TokenReader } from './token-reader.js';
import type { Token } from './tokens.js';
import { type Node, type ValueNode, ValueParser } from './value-parser.js';

/** Terms after `order by`. */
const MAX_ORDER = 8;
/** Different keys of params, tags and metrics: each is one more table to look in. */
const MAX_KEYS = 50;
const MAX_LIMIT = 10_000;
const COMPARISONS: Readonly<Record<string, Comparison>> = {
  '=': '=',
  '==': '=',
  '!=': '!=',
  '<>': '!=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
};

export interface Search {
  /** Null: every run. */
  readonly where: Condition | null;
  readonly orderBy: readonly OrderTerm[];
  /** Null: none was given. */
  readonly limit: number | null;
}

/**
 * Parses a search. `now` (µs since the epoch) is what `now` and `started > 7d` count from. Errors: XT_SEARCH.
 *
 * @example parseSearch("metrics.val_loss < 0.3 and status = 'completed' order by metrics.val_loss limit 20")
 */
export function parseSearch(text: string, options: { readonly now?: number } = {}): Search {
  const search = new Parser(text, options.now ?? Date.now() * 1_000).search();
  const keys = new Set(
    [...(search.where === null ? [] : valuesIn(search.where)), ...search.orderBy.flatMap(({ by }) => valuesWithin(by))].flatMap((value) =>
      'key' in value ? [JSON.stringify([value.kind, value.key, value.kind === 'metric' ? value.phase : ''])] : [],
    ),
  );
  if (keys.size > MAX_KEYS)
    throw new SearchError(`the search names more than ${MAX_KEYS} different keys`, { at: 0, token: '' }, 'XT_SEARCH_COST');
  return search;
}

/** Parses one value, such as `metrics.val_loss` or `params.a / params.b`: a column of a table. Errors: XT_SEARCH. */
export function parseValue(text: string): Value {
  return new Parser(text, Date.now() * 1_000).onlyValue();
}

class Parser {
  readonly #reader: TokenReader;
  readonly #values: ValueParser;
  readonly #now: number;

  constructor(text: string, now: number) {
    this.#reader = new TokenReader(text);
    this.#now = now;
    this.#values = new ValueParser(this.#reader, now, () => this.#either());
  }

  search(): Search {
    const where = this.#atClause() ? null : this.#condition(this.#either());
    const orderBy = this.#reader.accept('order') ? this.#order() : [];
    const limit = this.#reader.accept('limit') ? this.#limit() : null;
    if (this.#reader.next.kind !== 'end') this.#reader.expected(limit === null ? 'and, or, order by or limit' : 'the end');
    return { where, orderBy, limit };
  }

  onlyValue(): Value {
    const { value } = this.#values.value();
    if (this.#reader.next.kind !== 'end') this.#reader.expected('the end');
    return value;
  }

  #atClause(): boolean {
    return this.#reader.next.kind === 'end' || this.#reader.isWord('order', 'limit');
  }

  /** `or` binds least; a single member stays what it is, for it may be a value in parentheses. */
  #either(): Node {
    const first = this.#all();
    if (!this.#reader.isWord('or')) return first;
    const any = [this.#condition(first)];
    while (this.#reader.accept('or')) any.push(this.#condition(this.#all()));
    return {
      from: first.from,
      is: 'condition',
      condition: { kind: 'or', any: any.flatMap((one) => (one.kind === 'or' ? one.any : [one])) },
    };
  }

  #all(): Node {
    const first = this.#negated();
    if (!this.#reader.isWord('and') && !this.#beginsTerm()) return first;
    const all = [this.#condition(first)];
    while (this.#reader.accept('and') || this.#beginsTerm()) all.push(this.#condition(this.#negated()));
    return {
      from: first.from,
      is: 'condition',
      condition: { kind: 'and', all: all.flatMap((one) => (one.kind === 'and' ? one.all : [one])) },
    };
  }

  /** Terms side by side must all hold, as `resnet sweep` does in any search box. */
  #beginsTerm(): boolean {
    const { kind, value } = this.#reader.next;
    if (kind === 'word') return value.toLowerCase() === 'not' || !KEYWORDS.has(value.toLowerCase());
    return kind === 'text' || kind === 'key' || (kind === 'symbol' && value === '(');
  }

  #negated(): Node {
    const from = this.#reader.next;
    if (!this.#reader.accept('not')) return this.#comparison();
    const of = this.#reader.deeper(() => this.#condition(this.#negated()));
    return { from, is: 'condition', condition: { kind: 'not', of } };
  }

  #comparison(): Node {
    const left = this.#values.node();
    const { next } = this.#reader;
    const operator = next.kind === 'symbol' ? COMPARISONS[next.value] : undefined;
    const condition = operator === undefined ? this.#wordly(left) : this.#compare(left, operator);
    return condition === undefined ? left : { from: left.from, is: 'condition', condition };
  }

  #compare(left: Node, operator: Comparison): Condition {
    const subject = this.#values.asValue(left);
    const sign = this.#reader.take();
    if (this.#reader.isWord('null', 'nan'))
      this.#reader.fail(`nothing is ${operator} ${this.#reader.next.value}`, `is ${this.#reader.next.value}`);
    return this.#compared(subject, operator, sign, this.#values.operand());
  }

  /** Conditions whose operator is a word. Undefined: there is none. */
  #wordly(left: Node): Condition | undefined {
    if (this.#reader.isWord('is')) return this.#is(this.#values.asValue(left));
    const negated = this.#reader.isWord('not') && ['like', 'ilike', 'in', 'between'].includes(this.#reader.afterNext.value.toLowerCase());
    if (!negated && !this.#reader.isWord('like', 'ilike', 'in', 'between')) return undefined;
    const subject = this.#values.asValue(left);
    if (negated) this.#reader.take();
    const operator = this.#reader.take();
    const word = operator.value.toLowerCase();
    const condition =
      word === 'in' ? this.#in(subject, operator) : word === 'between' ? this.#between(subject, operator) : this.#like(subject, word);
    return negated ? { kind: 'not', of: condition } : condition;
  }

  #is({ value, from }: ValueNode): Condition {
    this.#reader.take();
    this.#reader.count();
    const negated = this.#reader.accept('not');
    let condition: Condition;
    if (this.#reader.accept('null')) condition = { kind: 'null', of: value };
    else if (this.#reader.accept('nan')) {
      if (value.kind !== 'metric' || value.stat === 'count') throw this.#reader.errorAt(from, 'only a metric can be nan');
      condition = { kind: 'nan', of: value };
    } else this.#reader.expected('null, nan, not null or not nan');
    return negated ? { kind: 'not', of: condition } : condition;
  }

  #like({ value, from }: ValueNode, word: string): Condition {
    const type = typeOf(value);
    if (type === 'number' || type === 'time') throw this.#reader.errorAt(from, `${word} is for texts, and this is a ${type}`);
    if (this.#reader.next.kind !== 'text') this.#reader.expected("a pattern in quotes, such as '%sweep%'");
    this.#reader.count();
    this.#reader.countPattern(this.#reader.next.value);
    return { kind: 'like', of: value, pattern: this.#reader.take().value, fold: word === 'ilike' };
  }

  #in(subject: ValueNode, operator: Token): Condition {
    if (!this.#reader.acceptSymbol('(')) this.#reader.expected('( and a list');
    const values: Literal[] = [];
    do {
      const member = this.#values.operand();
      const checked = this.#compared(subject, '=', operator, member);
      const right = checked.kind === 'compare' ? checked.right : member.value;
      if (right.kind !== 'number' && right.kind !== 'text' && right.kind !== 'time')
        throw this.#reader.errorAt(member.from, 'a list holds numbers and texts');
      values.push(right);
    } while (this.#reader.acceptSymbol(','));
    if (!this.#reader.acceptSymbol(')')) this.#reader.expected(', or )');
    return { kind: 'in', of: subject.value, values };
  }

  #between(subject: ValueNode, operator: Token): Condition {
    const low = this.#compared(subject, '>=', operator, this.#values.value());
    if (!this.#reader.accept('and')) this.#reader.expected('and');
    return { kind: 'and', all: [low, this.#compared(subject, '<=', operator, this.#values.value())] };
  }

  #compared(left: ValueNode, operator: Comparison, sign: Token, right: ValueNode): Condition {
    this.#reader.count();
    const [a, b] = [this.#timely(left, right), this.#timely(right, left)];
    if (comparedAs(a, b) === undefined)
      throw this.#reader.errorAt(sign, `a ${typeOf(a)} is never compared with a ${typeOf(b)}`.replace(/either/g, 'param or tag'));
    this.#checkStatus(a, right);
    this.#checkStatus(b, left);
    return { kind: 'compare', operator, left: a, right: b };
  }

  /** The value as a time, where that is what it stands beside: '2026-01-01', or 7d for seven days ago. */
  #timely(node: ValueNode, beside: ValueNode): Value {
    const { value } = node;
    if (typeOf(beside.value) !== 'time' || typeOf(value) === 'time') return value;
    if (value.kind === 'number' && node.duration) return this.#ago(value.value);
    if (value.kind !== 'text') return value;
    const duration = readDuration(value.value);
    const time = duration === undefined ? readTime(value.value) : undefined;
    if (duration !== undefined) return this.#ago(duration);
    if (time === undefined)
      throw this.#reader.errorAt(node.from, `${JSON.stringify(value.value)} is no date such as 2026-01-31 or 2026-01-31T08:00`);
    return { kind: 'time', value: time };
  }

  #ago(seconds: number): Literal {
    return { kind: 'time', value: Math.max(0, Math.round(this.#now - seconds * 1e6)) };
  }

  #checkStatus(field: Value, other: ValueNode): void {
    if (field.kind !== 'field' || field.field !== 'status' || other.value.kind !== 'text') return;
    const wanted = other.value.value;
    if ((STATUSES as readonly string[]).includes(wanted)) return;
    throw this.#reader.errorAt(other.from, `no run is ever ${JSON.stringify(wanted)}`, nearest(wanted, STATUSES));
  }

  /** A node where only a condition will do: bare words and texts are looked for in names and ids. */
  #condition(node: Node): Condition {
    if (node.is === 'condition') return node.condition;
    this.#reader.count();
    if (node.is === 'word') return { kind: 'words', text: node.from.value };
    if (node.value.kind === 'text') return { kind: 'words', text: node.value.value };
    const { from } = node;
    throw this.#reader.errorAt(
      this.#reader.next,
      `expected a comparison such as < 3 or = 'a' after ${from.prefix === '' ? '' : `${from.prefix}.`}${from.value}`,
    );
  }

  #order(): OrderTerm[] {
    if (!this.#reader.accept('by')) this.#reader.expected('by');
    const terms: OrderTerm[] = [];
    do {
      if (terms.length === MAX_ORDER) this.#reader.fail(`more than ${MAX_ORDER} order terms`);
      this.#reader.count();
      const { value: by } = this.#values.value();
      const descending = this.#reader.accept('desc');
      if (!descending) this.#reader.accept('asc');
      if (this.#reader.accept('nulls') && !this.#reader.accept('last'))
        this.#reader.fail('runs without a value always come last', 'nulls last');
      terms.push({ by, descending });
    } while (this.#reader.acceptSymbol(','));
    return terms;
  }

  #limit(): number {
    const { kind, value } = this.#reader.next;
    const limit = Number(value);
    if (kind !== 'number' || !Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
      this.#reader.expected(`a number from 1 to ${MAX_LIMIT}`);
    this.#reader.take();
    return limit;
  }
}
