// What a search means, said by example: everything else (the SQL of each backend) is held equal to this.

import { describe, expect, it } from 'vitest';
import type { JsonValue, Param } from '../../protocol/events.js';
import { parseSearch } from '../../query/search/parser.js';
import { sampleRecord } from '../../testing/sample-run.js';
import { TrackStats } from '../series/track-stats.js';
import { factsOf, type RunFacts } from './facts.js';
import { type FactTrack, metricFacts } from './metric-facts.js';
import { holds, type Truth } from './predicate.js';
import type { Condition } from './tree.js';

const PARAMS: Readonly<Record<string, JsonValue>> = {
  lr: 0.1,
  text: '0.10',
  model: 'ResNet',
  amp: true,
  none: null,
  list: [1, 2],
  odd: Number.NaN,
};

function track(key: string, values: readonly number[], phase: 'train' | 'val' | '' = '', firstTs = 0): FactTrack {
  const stats = new TrackStats();
  for (const [at, value] of values.entries()) stats.add(at + 1, Number.NaN, Number.NaN, firstTs + at, value);
  return { id: { runId: 'r', worker: '', key, phase, aggregation: '' }, incarnation: 'a', stats };
}

const TRACKS = [
  track('loss', [3, 1, 2]),
  track('acc', [0.5, 0.7], 'train', 0),
  track('acc', [0.4, 0.6], 'val', 100),
  track('bad', [1, Number.NaN]),
  track('gone', [Number.NaN]),
  track('huge', [Number.POSITIVE_INFINITY]),
];

const RECORD = sampleRecord('0193-Run', {
  name: 'Größe 100%',
  status: 'completed',
  tags: { model: 'vit', version: '12' },
  createdAt: 1_000,
  startedAt: 2_000_000,
  endedAt: 5_500_000,
});

function facts(): RunFacts {
  const params = Object.entries(PARAMS).map(([key, value]) => ({ type: 'param', key, value }) as Param);
  return factsOf(
    RECORD,
    () => params,
    (key) => metricFacts(TRACKS.filter(({ id }) => id.key === key)),
  );
}

function truth(text: string): Truth {
  return holds(parseSearch(text).where as Condition, facts());
}

describe('a condition', () => {
  it.each<[string, Truth]>([
    ['metrics.loss = 2 and min(metrics.loss) = 1 and max(metrics.loss) = 3 and first(metrics.loss) = 3 and count(metrics.loss) = 3', true],
    ['metrics.acc@train = 0.7 and metrics.acc@val = 0.6', true],
    ['metrics.acc = 0.6 and max(metrics.acc) = 0.7 and first(metrics.acc) = 0.5 and count(metrics.acc) = 4', true],
    ['metrics.acc@train - metrics.acc@val < 0.1000001', true],
    ['duration = 3.5 and started < ended', true],
    ["name like 'Gr%' and name like '%\\%' and name like 'Gr__e 100_'", true],
    ["name like 'gr%'", false],
    ["name ilike 'GRÖSSE%'", false],
    ["name ilike 'GRÖ%' and id ilike '%run'", true],
    ['größe', true],
    ["'0193-run'", true],
    ["tags.model in ('vit', 'resnet') and tags.version > 9", true],
    ["status != 'failed' and status in ('completed')", true],
  ])('%s: %s', (text, wanted) => {
    expect(truth(text)).toBe(wanted);
  });

  it.each<[string, Truth]>([
    ['params.lr = 0.1 and params.lr < 1', true],
    ['params.text = 0.1 and params.text = params.lr', true],
    ["params.text = '0.1'", false],
    ["params.lr = '0.1'", true],
    ["params.model = 'ResNet' and params.model > 'A'", true],
    ['params.model > 3', null],
    ['params.amp = true', true],
    ["params.list = '[1,2]'", true],
    ["params.odd = 'NaN'", true],
    ['params.odd = 1', null],
    ['params.none is null and params.missing is null and params.amp is not null', true],
    ["params.model in (1, 'ResNet')", true],
    ["params.model in (1, 'vit')", null],
  ])('on params, which have a text and may have a number: %s: %s', (text, wanted) => {
    expect(truth(text)).toBe(wanted);
  });

  it.each<[string, Truth]>([
    ['metrics.none < 1', null],
    ['not metrics.none < 1', null],
    ['metrics.none < 1 or metrics.loss = 2', true],
    ['metrics.none < 1 and metrics.loss = 2', null],
    ['metrics.none < 1 and metrics.loss = 3', false],
    ['metrics.none is null and count(metrics.none) = 0', true],
    ["parent = 'x' or parent != 'x'", null],
    ['metrics.none + 1 > 0', null],
  ])('on what is missing: %s: %s', (text, wanted) => {
    expect(truth(text)).toBe(wanted);
  });

  it.each<[string, Truth]>([
    ['metrics.bad is nan and metrics.bad is null and max(metrics.bad) = 1', true],
    ['metrics.bad > 0 or metrics.bad <= 0', null],
    ['min(metrics.gone) is nan and metrics.none is not nan and metrics.loss is not nan', true],
    ['metrics.huge = inf and metrics.huge > 1e300', true],
    ['metrics.huge - metrics.huge is null', true],
    ['metrics.loss / 0 is null and sqrt(-1) is null and log(0) is null', true],
    ['1e200 * 1e200 is null and 1e140 * 1e10 > 1e149', true],
    ['-metrics.loss = -2 and abs(-metrics.loss) = 2 and log10(100) = 2 and log(1) = 0', true],
  ])('beyond the numbers: %s: %s', (text, wanted) => {
    expect(truth(text)).toBe(wanted);
  });
});
