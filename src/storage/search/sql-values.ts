// A value of the search as SQL: its number, its text, its folded text. Whatever a user wrote is a bound value, never SQL.

import { encodeText } from '../text.js';
import { LARGEST, SMALLEST } from './arithmetic.js';
import type { Dialect, SearchSchema, Sql } from './dialect.js';
import { ANY_PHASE } from './metric-facts.js';
import type { Field, MathFunction, MetricValue, Value } from './tree.js';

const NOTHING: Sql = { text: 'NULL', values: [] };

/** µs; none is negative, also where a clock was set back. */
const DURATION = 'CASE WHEN r.ended_at < r.started_at THEN 0 ELSE r.ended_at - r.started_at END';

const FIELDS: Readonly<Record<Exclude<Field, 'duration'>, string>> = {
  id: 'r.run_id',
  name: 'r.name',
  status: 'r.status',
  experiment: 'r.experiment',
  parent: 'r.parent',
  created: 'r.created_at',
  started: 'r.started_at',
  ended: 'r.ended_at',
};

const FUNCTIONS: Readonly<Record<MathFunction, string>> = {
  abs: 'abs(o.a)',
  sqrt: 'CASE WHEN o.a >= 0 THEN sqrt(o.a) END',
  log: 'CASE WHEN o.a > 0 THEN ln(o.a) END',
  log10: 'CASE WHEN o.a > 0 THEN log10(o.a) END',
};

/** Joins the pieces with the text between them. */
export function sql(texts: readonly string[], ...pieces: readonly Sql[]): Sql {
  const text = texts.reduce((all, one, at) => `${all}${pieces[at - 1]?.text ?? ''}${one}`);
  return { text, values: pieces.flatMap((piece) => piece.values) };
}

export function joined(pieces: readonly Sql[], between: string): Sql {
  return { text: pieces.map(({ text }) => text).join(between), values: pieces.flatMap(({ values }) => values) };
}

export class SqlValues {
  readonly #dialect: Dialect;
  readonly #schema: SearchSchema;
  readonly #aliases = new Map<string, { readonly alias: string; readonly join: Sql }>();

  constructor(dialect: Dialect, schema: SearchSchema) {
    this.#dialect = dialect;
    this.#schema = schema;
  }

  /** What must be joined to the runs (`r`) for the values asked for so far: at most one row each. */
  joins(): Sql {
    return joined(
      [...this.#aliases.values()].map(({ join }) => join),
      '',
    );
  }

  /** Times: whole numbers of µs. */
  number(value: Value): Sql {
    switch (value.kind) {
      case 'number':
        return { text: this.#dialect.number, values: [value.value] };
      case 'time':
        return { text: this.#dialect.time, values: [value.value] };
      case 'metric':
        return this.#stat(value);
      case 'param':
      case 'tag':
        return plain(`${this.#formsOf(value)}.number`);
      case 'field':
        return plain(value.field === 'duration' ? `(${this.#dialect.real(DURATION)} / 1000000.0)` : FIELDS[value.field]);
      case 'math':
        return this.#math(value);
      case 'call':
        return sql`(SELECT ${plain(FUNCTIONS[value.name])} FROM (SELECT ${this.number(value.of)} AS a LIMIT 1) AS o)`;
      default:
        return NOTHING;
    }
  }

  text(value: Value): Sql {
    switch (value.kind) {
      case 'text':
        return { text: this.#dialect.text, values: [encodeText(value.value)] };
      case 'param':
      case 'tag':
        return plain(`${this.#formsOf(value)}.text`);
      case 'field':
        return value.field === 'duration' ? NOTHING : plain(FIELDS[value.field]);
      default:
        return NOTHING;
    }
  }

  folded(value: Value): Sql {
    if (value.kind === 'param' || value.kind === 'tag') {
      const alias = this.#formsOf(value);
      return plain(`coalesce(${alias}.folded, ${alias}.text)`);
    }
    if (value.kind === 'field' && value.field === 'name') return plain('CASE WHEN r.name IS NOT NULL THEN r.folded_name END');
    const { text, values } = this.text(value);
    return { text: this.#dialect.lower(text), values };
  }

  /** The count of the metric's points as it is stored; NULL where there is no such metric. */
  points(value: MetricValue): Sql {
    return plain(`${this.#metric(value)}.count`);
  }

  #stat(value: MetricValue): Sql {
    const alias = this.#metric(value);
    return plain(value.stat === 'count' ? `coalesce(${alias}.count, 0.0)` : `${alias}.${value.stat}`);
  }

  /** Each operand once, and LIMIT so that no planner writes it out again: nested expressions stay as long as they are. */
  #math({ operator, left, right }: Extract<Value, { kind: 'math' }>): Sql {
    const checks = `${inRange('o.a')} AND ${inRange('o.b')}${operator === '/' ? ' AND o.b <> 0' : ''}`;
    const operands = sql`(SELECT ${this.number(left)} AS a, ${this.number(right)} AS b LIMIT 1) AS o`;
    return sql`(SELECT CASE WHEN ${plain(checks)} THEN o.a ${plain(operator)} o.b END FROM ${operands})`;
  }

  #formsOf({ kind, key }: Extract<Value, { kind: 'param' | 'tag' }>): string {
    return this.#join(kind === 'param' ? this.#schema.params : this.#schema.tags, key, undefined);
  }

  #metric({ key, phase }: MetricValue): string {
    return this.#join(this.#schema.metrics, key, phase === '' ? ANY_PHASE : phase);
  }

  #join(table: string, key: string, phase: string | undefined): string {
    const name = JSON.stringify([table, key, phase]);
    const known = this.#aliases.get(name);
    if (known !== undefined) return known.alias;
    const alias = `j${this.#aliases.size}`;
    const named = this.#dialect.keyIs(`${alias}.key`, encodeText(key));
    const narrowed: Sql =
      phase === undefined ? { text: '', values: [] } : { text: ` AND ${alias}.phase = ${this.#dialect.text}`, values: [phase] };
    const join = sql` LEFT JOIN ${plain(`${table} AS ${alias} ON ${alias}.run = r.id AND `)}${named}${narrowed}`;
    this.#aliases.set(name, { alias, join });
    return alias;
  }
}

export function plain(text: string): Sql {
  return { text, values: [] };
}

function inRange(column: string): string {
  return `(${column} = 0 OR abs(${column}) BETWEEN ${SMALLEST} AND ${LARGEST})`;
}
