// Random runs and random searches for them, full of what goes wrong: quotes, wildcards, NUL, halves of characters, numbers out of range.

import fc from 'fast-check';
import type { JsonValue, Phase } from '../protocol/events.js';
import type { SearchQuery } from '../storage/search/query.js';
import type { Condition, Field, Literal, MetricValue, Value } from '../storage/search/tree.js';
import type { RunRecord } from '../storage/store.js';

export interface SamplePoint {
  readonly key: string;
  readonly value: number;
  readonly phase: Phase | '';
  readonly worker: string;
  readonly incarnation: string;
}

export interface SampleRunPlan {
  readonly record: Pick<RunRecord, 'name' | 'status' | 'experimentId' | 'parentRunId' | 'tags' | 'createdAt' | 'startedAt' | 'endedAt'>;
  readonly params: readonly (readonly [string, JsonValue])[];
  readonly points: readonly SamplePoint[];
}

const KEYS = ['lr', 'optimizer.lr', 'a b', "it's", '"', '`', '__proto__', '日本', '\u0000z', '\ud800'];
const METRICS = ['loss', 'val/acc', "'", '\u0001', 'metrics.x'];
const TEXTS = [
  ...['', 'a', 'A', 'ab', 'aab', 'resnet50', "'; DROP TABLE runs; --", '/* */', '"', '?', '$1', ':a', '%', '_', '*', '[a]', '\\', '\\%'],
  ...[
    'Ä',
    'ä',
    'ß',
    'İ',
    'ΑΣ',
    '😀',
    '\ue000',
    '\u0000',
    '\u0001',
    '\ud800',
    '-- x',
    '10',
    '1e3',
    ' 5 ',
    'Infinity',
    'NaN',
    'true',
    'two\nlines',
  ],
];
const NUMBERS = [
  ...[0, 1, -1, 0.5, 1e-3, 1 / 3, 42, 2 ** 53, 10, 1000],
  ...[1e300, -1e300, 1e-300, 5e-324, Number.MAX_VALUE, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
];
/** µs; a few hours around one day, so that runs meet. */
const TIMES = [0, 1, 1_700_000_000_000_000, 1_700_000_000_000_001, 1_700_000_003_600_000, 1_700_000_900_000_000, 4_102_444_800_000_000];
const STATUSES = ['running', 'paused', 'completed', 'failed', 'killed', 'interrupted'] as const;
const PHASES = ['', 'train', 'val', 'test'] as const;

const key = fc.constantFrom(...KEYS);
const metricKey = fc.constantFrom(...METRICS);
const text = fc.constantFrom(...TEXTS);
const number = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...NUMBERS) },
  fc.double({ noNaN: true }).map((value) => value + 0),
);
const json: fc.Arbitrary<JsonValue> = fc.oneof(
  { weight: 3, arbitrary: number },
  { weight: 3, arbitrary: text },
  fc.constantFrom<JsonValue>(null, true, false, Number.NaN, -0, [1, 'a'], { a: { b: Number.NaN } }, []),
);

/** One run with its params, tags and points. */
export const sampleRunPlan: fc.Arbitrary<SampleRunPlan> = fc.record({
  record: fc.record({
    name: fc.option(text),
    status: fc.constantFrom(...STATUSES),
    experimentId: fc.option(text),
    parentRunId: fc.option(text),
    tags: fc.array(fc.tuple(key, text), { maxLength: 3 }).map((entries): Record<string, string> => Object.fromEntries(entries)),
    createdAt: fc.constantFrom(...TIMES),
    startedAt: fc.option(fc.constantFrom(...TIMES)),
    endedAt: fc.option(fc.constantFrom(...TIMES)),
  }),
  params: fc.array(fc.tuple(key, json), { maxLength: 4 }),
  points: fc.array(
    fc.record({
      key: metricKey,
      value: fc.oneof({ weight: 6, arbitrary: number }, fc.constant(Number.NaN)),
      phase: fc.constantFrom(...PHASES),
      worker: fc.constantFrom('', 'w'),
      incarnation: fc.constantFrom('a', 'b'),
    }),
    { maxLength: 8 },
  ),
});

const metric: fc.Arbitrary<MetricValue> = fc.record({
  kind: fc.constant('metric'),
  key: metricKey,
  phase: fc.constantFrom(...PHASES),
  stat: fc.constantFrom('last', 'min', 'max', 'first', 'count'),
});
const numberLiteral: fc.Arbitrary<Literal> = fc.record({ kind: fc.constant('number'), value: number });
const textLiteral: fc.Arbitrary<Literal> = fc.record({ kind: fc.constant('text'), value: text });
const timeLiteral: fc.Arbitrary<Literal> = fc.record({ kind: fc.constant('time'), value: fc.constantFrom(...TIMES) });
const field = (...fields: readonly Field[]): fc.Arbitrary<Value> =>
  fc.record({ kind: fc.constant('field'), field: fc.constantFrom(...fields) });
const texts = field('id', 'name', 'experiment', 'parent');
const times = field('created', 'started', 'ended');
const either: fc.Arbitrary<Value> = fc.record({ kind: fc.constantFrom('param', 'tag'), key });

const { numeric } = fc.letrec<{ numeric: Value }>((tie) => ({
  numeric: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 4, arbitrary: metric },
    { weight: 1, arbitrary: numberLiteral },
    { weight: 2, arbitrary: either },
    { weight: 1, arbitrary: field('duration') },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('math'),
        operator: fc.constantFrom('+', '-', '*', '/'),
        left: tie('numeric'),
        right: tie('numeric'),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('call'), name: fc.constantFrom('abs', 'sqrt', 'log', 'log10'), of: tie('numeric') }),
    },
  ),
}));

const value = fc.oneof({ weight: 3, arbitrary: numeric }, texts, times, field('status'), either);
const operator = fc.constantFrom('=', '!=', '<', '<=', '>', '>=');
const compared = (left: fc.Arbitrary<Value>, right: fc.Arbitrary<Value>): fc.Arbitrary<Condition> =>
  fc.record({ kind: fc.constant('compare'), operator, left, right });

const test: fc.Arbitrary<Condition> = fc.oneof(
  compared(numeric, numeric),
  compared(texts, fc.oneof(textLiteral, texts, either)),
  compared(either, fc.oneof(textLiteral, numberLiteral, either, metric)),
  compared(times, fc.oneof(timeLiteral, times)),
  compared(
    field('status'),
    fc.constantFrom(...STATUSES).map((status): Literal => ({ kind: 'text', value: status })),
  ),
  fc.record({
    kind: fc.constant('like'),
    of: fc.oneof(texts, either),
    pattern: fc.array(fc.oneof(text, fc.constant('%'), fc.constant('_')), { maxLength: 4 }).map((parts) => parts.join('')),
    fold: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('in'),
    of: either,
    values: fc.array(fc.oneof(textLiteral, numberLiteral), { minLength: 1, maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant('in'), of: texts, values: fc.array(textLiteral, { minLength: 1, maxLength: 4 }) }),
  fc.record({ kind: fc.constant('null'), of: value }),
  fc.record({ kind: fc.constant('nan'), of: metric.filter(({ stat }) => stat !== 'count') }),
  fc.record({ kind: fc.constant('words'), text }),
);

/** Any condition that the search language can say; `and` and `or` never directly within themselves. */
export const sampleCondition: fc.Arbitrary<Condition> = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 4, arbitrary: test },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('not'), of: tie('condition') }) },
    { weight: 1, arbitrary: members(tie('condition'), 'and').map((all): Condition => ({ kind: 'and', all })) },
    { weight: 1, arbitrary: members(tie('condition'), 'or').map((any): Condition => ({ kind: 'or', any })) },
  ),
})).condition;

function members(condition: fc.Arbitrary<Condition>, kind: 'and' | 'or'): fc.Arbitrary<Condition[]> {
  return fc.array(
    condition.filter((one) => one.kind !== kind),
    { minLength: 2, maxLength: 3 },
  );
}

/** A search for some page of some runs. */
export const sampleSearch: fc.Arbitrary<Omit<SearchQuery, 'cursor'>> = fc.record({
  where: fc.option(sampleCondition, { freq: 8 }),
  orderBy: fc.array(fc.record({ by: value, descending: fc.boolean() }), { maxLength: 3 }),
  select: fc.array(value, { maxLength: 3 }),
  limit: fc.integer({ min: 1, max: 5 }),
});
