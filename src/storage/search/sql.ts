// A search as one parameterised statement: the same tree that predicate.ts reads, held equal to it by a property test.

import { encodeText } from '../text.js';
import { type Dialect, POSTGRES, type SearchSchema, SQLITE, type Sql } from './dialect.js';
import { insideStored } from './forms.js';
import { type Candidate, type KeyValue, type OrderKey, orderKeys, shown, startOf } from './page.js';
import type { SearchQuery } from './query.js';
import { joined, plain, SqlValues, sql } from './sql-values.js';
import { type Comparison, type Condition, comparedAs, typeOf, type Value, valuesIn } from './tree.js';

export interface SearchTarget {
  readonly dialect: 'sqlite' | 'postgres';
  readonly schema: SearchSchema;
  /** Columns of the runs (`r`) that are wanted of each. */
  readonly columns: readonly string[];
  /** SQL that tells which runs (`r`) may be found at all. */
  readonly visible: string;
}

export interface SearchStatement {
  readonly sql: string;
  readonly values: readonly (string | number)[];
  /** What a row of the statement stands for; `run` holds the wanted columns. */
  read(row: Readonly<Record<string, unknown>>): Candidate<Readonly<Record<string, unknown>>>;
}

/** One run more than the page has, if there is one. Throws XT_ARGUMENT as startOf does. */
export function searchStatement(query: SearchQuery, target: SearchTarget): SearchStatement {
  const compiler = new Compiler(target);
  const keys = orderKeys(query.orderBy);
  const start = startOf(keys, query);
  const select = query.select ?? [];
  const columns = compiler.columns(keys, select);
  const where = [plain(target.visible)];
  if (query.where !== null) where.push(...compiler.conditions(query.where));
  if (start !== undefined) where.push(...compiler.after(keys, start));
  const order = keys.map((key, at) => compiler.direction(key, at)).join(', ');
  const whole = sql`SELECT ${columns} FROM ${plain(`${target.schema.runs} AS r`)}${compiler.values.joins()} WHERE ${joined(where, ' AND ')}`;
  return {
    sql: compiler.dialect.finish(`${whole.text} ORDER BY ${order} LIMIT ${query.limit + 1}`),
    values: whole.values,
    read: (row) => ({
      run: row,
      keys: keys.map(({ as }, at) => (as === 'number' ? numberIn(row[`k${at}`]) : (row[`k${at}`] as KeyValue))),
      values: select.map((_, at) => shown(numberIn(row[`n${at}`]), row[`t${at}`] as string | null)),
    }),
  };
}

/** A driver may hand numbers over as text. */
function numberIn(column: unknown): number | null {
  return column === null || column === undefined ? null : Number(column);
}

const OPERATORS: Readonly<Record<Comparison, string>> = { '=': '=', '!=': '<>', '<': '<', '<=': '<=', '>': '>', '>=': '>=' };

class Compiler {
  readonly dialect: Dialect;
  readonly values: SqlValues;
  readonly #columns: readonly string[];

  constructor({ dialect, schema, columns }: SearchTarget) {
    this.dialect = dialect === 'sqlite' ? SQLITE : POSTGRES;
    this.values = new SqlValues(this.dialect, schema);
    this.#columns = columns;
  }

  /** The wanted columns, the keys of the order (`k0`, …), and number and text (`n0`, `t0`, …) of each value that is to be shown. */
  columns(keys: readonly OrderKey[], select: readonly Value[]): Sql {
    return joined(
      [
        ...this.#columns.map((column) => plain(`r.${column}`)),
        ...keys.map((key, at) => sql`${this.#real(key.by, this.#key(key))} AS ${plain(`k${at}`)}`),
        ...select.flatMap((value, at) => [
          sql`${typeOf(value) === 'text' ? plain('NULL') : this.#real(value, this.values.number(value))} AS ${plain(`n${at}`)}`,
          sql`${this.#textColumn(value)} AS ${plain(`t${at}`)}`,
        ]),
      ],
      ', ',
    );
  }

  /** Conditions that must all hold, apart from each other, so that those on the run alone are asked before anything is joined. */
  conditions(condition: Condition): Sql[] {
    const all = condition.kind === 'and' ? condition.all : [condition];
    return all.map((one) => {
      const { text, values } = this.condition(one);
      return valuesIn(one).some((value) => 'key' in value) ? { text: this.dialect.joinedLast(text), values } : { text, values };
    });
  }

  condition(condition: Condition): Sql {
    switch (condition.kind) {
      case 'and':
        return sql`(${joined(
          condition.all.map((inner) => this.condition(inner)),
          ' AND ',
        )})`;
      case 'or':
        return sql`(${joined(
          condition.any.map((inner) => this.condition(inner)),
          ' OR ',
        )})`;
      case 'not':
        return sql`(NOT ${this.condition(condition.of)})`;
      case 'compare':
        return this.#compare(condition.operator, condition.left, condition.right);
      case 'like':
        return this.#like(condition);
      case 'in':
        return sql`(${joined(
          condition.values.map((value) => this.#compare('=', condition.of, value)),
          ' OR ',
        )})`;
      case 'null':
        return sql`(${this.#presence(condition.of)} IS NULL)`;
      case 'nan':
        return sql`(${this.values.points(condition.of)} IS NOT NULL AND ${this.values.number(condition.of)} IS NULL)`;
      default:
        return this.#words(condition.text);
    }
  }

  /** What comes after a run with these keys. The bound on the first key alone lets an index on it be used. */
  after(keys: readonly OrderKey[], start: readonly KeyValue[]): Sql[] {
    const [first] = keys;
    const after = this.#afterFrom(keys, start, 0);
    if (first?.by.kind !== 'field' || first.by.field !== 'created') return [after];
    return [sql`${this.#key(first)} ${plain(first.descending ? '<=' : '>=')} ${this.#bound(first, start[0] ?? null)}`, after];
  }

  direction(key: OrderKey, at: number): string {
    const { by, descending } = key;
    // As columns, so that an index on them is used; they are never NULL.
    if (by.kind === 'field' && by.field === 'created') return `r.created_at ${descending ? 'DESC' : 'ASC'}`;
    if (by.kind === 'field' && by.field === 'id') return `${this.dialect.ordered('r.run_id')} ${descending ? 'DESC' : 'ASC'}`;
    return `k${at} ${descending ? 'DESC' : 'ASC'} NULLS LAST`;
  }

  #afterFrom(keys: readonly OrderKey[], start: readonly KeyValue[], at: number): Sql {
    const key = keys[at];
    if (key === undefined) return plain('FALSE');
    const value = start[at] ?? null;
    const column = this.#key(key);
    const rest = this.#afterFrom(keys, start, at + 1);
    if (value === null) return sql`(${column} IS NULL AND ${rest})`;
    const bound = this.#bound(key, value);
    return sql`(${column} IS NULL OR ${column} ${plain(key.descending ? '<' : '>')} ${bound} OR (${column} = ${bound} AND ${rest}))`;
  }

  #bound({ by, as }: OrderKey, value: KeyValue): Sql {
    const { number, text, time } = this.dialect;
    return { text: as === 'text' ? text : typeOf(by) === 'time' ? time : number, values: [value as string | number] };
  }

  #key({ by, as }: OrderKey): Sql {
    if (as === 'number') return this.values.number(by);
    const { text, values } = this.values.text(by);
    return { text: this.dialect.ordered(text), values };
  }

  /** Times are whole numbers in the tables, which PostgreSQL's driver would hand over as text. */
  #real(value: Value, piece: Sql): Sql {
    return typeOf(value) === 'time' ? { text: this.dialect.real(piece.text), values: piece.values } : piece;
  }

  #textColumn(value: Value): Sql {
    const type = typeOf(value);
    return type === 'text' || type === 'either' ? this.values.text(value) : plain('NULL');
  }

  #presence(value: Value): Sql {
    const type = typeOf(value);
    return type === 'text' || type === 'either' ? this.values.text(value) : this.values.number(value);
  }

  #compare(operator: Comparison, left: Value, right: Value): Sql {
    const type = comparedAs(left, right);
    if (type === undefined) return plain('(NULL = 1)');
    if (type === 'text') return this.#compareTexts(operator, left, right);
    const [a, b] = [this.values.number(left), this.values.number(right)];
    const numbers = sql`(${a} ${plain(OPERATORS[operator])} ${b})`;
    if (type !== 'either') return numbers;
    return sql`(CASE WHEN ${a} IS NOT NULL AND ${b} IS NOT NULL THEN ${numbers} ELSE ${this.#compareTexts(operator, left, right)} END)`;
  }

  #compareTexts(operator: Comparison, left: Value, right: Value): Sql {
    const [a, b] = [this.values.text(left), this.values.text(right)];
    // Without a collation an index of any kind may answer; two columns may disagree on theirs.
    const plainly = (operator === '=' || operator === '!=') && (left.kind === 'text' || right.kind === 'text');
    if (plainly) return sql`(${a} ${plain(OPERATORS[operator])} ${b})`;
    return sql`(${{ text: this.dialect.ordered(a.text), values: a.values }} ${plain(OPERATORS[operator])} ${b})`;
  }

  #like({ of, pattern, fold }: Extract<Condition, { kind: 'like' }>): Sql {
    const subject = fold ? this.values.folded(of) : this.values.text(of);
    const wanted = this.dialect.pattern(encodeText(fold ? pattern.toLowerCase() : pattern));
    return { text: `(${this.dialect.like(subject.text)})`, values: [...subject.values, wanted] };
  }

  #words(text: string): Sql {
    const needle = insideStored(text.toLowerCase());
    const parts = ['r.folded_name', this.dialect.lower('r.run_id')].map((column) => this.dialect.contains(column));
    return { text: `(${parts.join(' OR ')})`, values: [needle, needle] };
  }
}
