import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Condition, OrderTerm } from '../../storage/search/tree.js';
import { sampleCondition, sampleSearch } from '../../testing/search-samples.js';
import { SearchError } from './names.js';
import { parseSearch } from './parser.js';
import { printSearch } from './printer.js';

/** 2026-07-01, in µs. */
const NOW = Date.UTC(2026, 6, 1) * 1_000;

const parse = (text: string): ReturnType<typeof parseSearch> => parseSearch(text, { now: NOW });
const where = (text: string): Condition | null => parse(text).where;
/** The search written out plainly, as it was understood. */
const understood = (text: string): string => printSearch(parse(text));

function fault(text: string): SearchError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof SearchError) return error;
    throw error;
  }
  throw new Error(`${text} was understood`);
}

describe('a search', () => {
  it('becomes a tree', () => {
    expect(
      parse("metrics.val_loss < 0.3 and params.optimizer.lr >= 1e-3 or name like '%sweep%' order by max(metrics.acc@val) desc limit 20"),
    ).toEqual({
      where: {
        kind: 'or',
        any: [
          {
            kind: 'and',
            all: [
              {
                kind: 'compare',
                operator: '<',
                left: { kind: 'metric', key: 'val_loss', phase: '', stat: 'last' },
                right: { kind: 'number', value: 0.3 },
              },
              { kind: 'compare', operator: '>=', left: { kind: 'param', key: 'optimizer.lr' }, right: { kind: 'number', value: 0.001 } },
            ],
          },
          { kind: 'like', of: { kind: 'field', field: 'name' }, pattern: '%sweep%', fold: false },
        ],
      },
      orderBy: [{ by: { kind: 'metric', key: 'acc', phase: 'val', stat: 'max' }, descending: true }],
      limit: 20,
    });
  });

  it('may be empty, or only an order or a limit', () => {
    expect(parse('  ')).toEqual({ where: null, orderBy: [], limit: null });
    expect(understood('order by started')).toBe('order by started');
    expect(understood('limit 3')).toBe('limit 3');
  });

  it.each([
    ['tags.model in (\'resnet50\',"vit")', "tags.model in ('resnet50', 'vit')"],
    ['NOT (metrics.a < 1 OR metrics.b > 2) AND metrics.c = 3', 'not (metrics.a < 1 or metrics.b > 2) and metrics.c = 3'],
    ['metrics.a == 1 and metrics.b <> 2', 'metrics.a = 1 and metrics.b != 2'],
    ['params.x between 1 and 2 and params.y not in (3)', 'params.x >= 1 and params.x <= 2 and params.y not in (3)'],
    ["name not ilike 'a%' or parent is not null", "name not ilike 'a%' or parent is not null"],
    ['metrics.train_loss - metrics.val_loss > 0.1', 'metrics.train_loss - metrics.val_loss > 0.1'],
    ['1 + 2 * 3 - 4 / metrics.a > -(metrics.b)', '(1 + (2 * 3)) - (4 / metrics.a) > 0 - metrics.b'],
    ['abs(metrics.a) >= sqrt(params.b) * -1', 'abs(metrics.a) >= sqrt(params.b) * -1'],
    ['metrics.loss is nan or metrics.loss = inf', 'metrics.loss is nan or metrics.loss = inf'],
    ['params.amp = true', "params.amp = 'true'"],
    ['params.a = params.b', 'params.a = params.b'],
    ["name = 'it''s'", "name = 'it''s'"],
  ])('reads %s', (text, plain) => {
    expect(understood(text)).toBe(plain);
    expect(parse(plain)).toEqual(parse(text));
  });

  it.each([
    ['metrics.train/loss < 1', 'train/loss'],
    ['metrics."a b" < 1', 'a b'],
    ['metrics.`a "b"` < 1', 'a "b"'],
    ['metrics."say ""hi""" < 1', 'say "hi"'],
    ['metrics.mAP@0.5 < 1', 'mAP@0.5'],
    ['metrics.val-acc < 1', 'val-acc'],
    ['metrics.größe.1 < 1', 'größe.1'],
    ['metrics.and < 1', 'and'],
  ])('takes the key of %s', (text, key) => {
    expect(where(text)).toMatchObject({ left: { key, phase: '' } });
  });

  it('keeps arithmetic and keys apart: an operator is what stands between keys, or before a number', () => {
    expect(understood('metrics.a/metrics.b > metrics.c-1')).toBe('metrics.a / metrics.b > metrics.c - 1');
  });

  it('reads times: dates in UTC, and durations from now on backwards', () => {
    expect(understood("started > '2026-01-31' and ended < '2026-02-01 10:30+02:00'")).toBe(
      "started > '2026-01-31' and ended < '2026-02-01T08:30:00Z'",
    );
    expect(understood("created > 7d and started < now - 90s and ended > '2h'")).toBe(
      "created > '2026-06-24' and started < '2026-06-30T23:58:30Z' and ended > '2026-06-30T22:00:00Z'",
    );
    expect(understood('duration between 90s and 1.5h')).toBe('duration >= 90 and duration <= 5400');
    expect(understood("started > '2026-01-31T00:00:00.000001Z'")).toBe("started > '2026-01-31T00:00:00.000001Z'");
  });

  it.each([
    ['best(metrics.val_loss)', 'min(metrics.val_loss)'],
    ['best(metrics.valLoss)', 'min(metrics.valLoss)'],
    ['best(metrics.eval/wer)', 'min(metrics.eval/wer)'],
    ['best(metrics.accuracy)', 'max(metrics.accuracy)'],
    ['best(metrics.lossless_ratio)', 'max(metrics.lossless_ratio)'],
  ])('knows which end of %s is better', (text, plain) => {
    expect(understood(`order by ${text}`)).toBe(`order by ${plain}`);
  });

  it('looks for words in names and ids', () => {
    expect(understood('resnet my-sweep-3')).toBe("'resnet' and 'my-sweep-3'");
    expect(understood("'big sweep' or not 0193fa1c-7b1a-7000")).toBe("'big sweep' or not '0193fa1c-7b1a-7000'");
    expect(understood("sweep status = 'failed'")).toBe("'sweep' and status = 'failed'");
  });
});

describe('a search that cannot be read', () => {
  it.each([
    ['naem = 3', 1, 'naem', 'name'],
    ['metric.loss < 3', 1, 'metric.loss', 'metrics.loss'],
    ["attributes.status = 'failed'", 1, 'attributes.status', 'status'],
    ['start_time > 7d', 1, 'start_time', 'started'],
    ["status = 'complted'", 10, 'complted', 'completed'],
    ['status = failed', 10, 'failed', "'failed'"],
    ['mni(metrics.x) < 3', 1, 'mni', 'min'],
    ['metrics.x = null', 13, 'null', 'is null'],
    ['order by metrics.x nulls first', 26, 'first', 'nulls last'],
  ])('says what was meant: %s', (text, column, token, suggestion) => {
    expect(fault(text)).toMatchObject({
      code: 'XT_SEARCH',
      column,
      token,
      suggestion,
      message: expect.stringContaining(`column ${column}: `),
    });
  });

  it.each([
    ['metrics.x <', 12, '', /expected a value before the end/],
    ['metrics.x < 3 4', 15, '4', /expected and, or/],
    ['(metrics.x < 3', 15, '', /expected \)/],
    ['metrics.x', 10, '', /expected a comparison .* after metrics\.x/],
    ['metrics. < 3', 9, ' ', /a key after metrics\./],
    ["name = 'abc", 8, "'", /never closed/],
    ['name < 3', 6, '<', /a text is never compared with a number/],
    ['started > 3', 9, '>', /a time is never compared with a number/],
    ["started > 'yesterday'", 11, 'yesterday', /is no date/],
    ["started > '2026-02-30'", 11, '2026-02-30', /is no date/],
    ["metrics.x like 'a'", 1, 'x', /is for texts/],
    ['name like x', 11, 'x', /a pattern in quotes/],
    ['metrics.x in ()', 15, ')', /expected a value/],
    ['metrics.x in (metrics.y)', 15, 'y', /numbers and texts/],
    ['name + 1 > 2', 1, 'name', /cannot be part of a calculation/],
    ['last(3) > 1', 1, 'last', /takes a metric/],
    ['abs(name) > 1', 1, 'abs', /takes a number/],
    ['params.x is nan', 1, 'x', /only a metric/],
    ['a & b', 3, '&', /means nothing here/],
    ['limit 0', 7, '0', /from 1 to 10000/],
    ['limit 5 name', 9, 'name', /expected the end/],
    ['order started', 7, 'started', /expected by/],
  ])('points at the place: %s', (text, column, token, problem) => {
    expect(fault(text)).toMatchObject({ column, token, message: expect.stringMatching(problem) });
  });

  it('is one that is too large: long, deep, or of too many terms, keys or orders', () => {
    expect(fault('x'.repeat(10_001))).toMatchObject({ message: expect.stringContaining('10000 characters') });
    for (const deep of ['('.repeat(5_000), 'not '.repeat(2_400), `metrics.a > ${'-'.repeat(9_000)}1`, `${'abs('.repeat(2_000)}1`])
      expect(fault(deep)).toMatchObject({ message: expect.stringContaining('deeper than 32') });
    expect(fault(`${'1+'.repeat(300)}metrics.a > 1`)).toMatchObject({ message: expect.stringContaining('deeper than 32') });
    expect(fault(Array.from({ length: 501 }, () => 'a').join(' '))).toMatchObject({ message: expect.stringContaining('500 terms') });
    const patterns = Array.from({ length: 5 }, () => `name like '${'%a'.repeat(410)}'`).join(' or ');
    expect(fault(patterns)).toMatchObject({ message: expect.stringContaining('4096 characters'), code: 'XT_SEARCH_COST' });
    const many = Array.from({ length: 51 }, (_, at) => `params.k${at} = 1`).join(' or ');
    expect(fault(many)).toMatchObject({ message: expect.stringContaining('50 different keys') });
    expect(fault(`order by ${Array.from({ length: 9 }, () => 'name').join(',')}`)).toMatchObject({
      message: expect.stringContaining('8 order'),
    });
  });

  it('never fails otherwise, whatever the text', () => {
    const pieces = fc.constantFrom(
      'metrics.a',
      "'x'",
      '"',
      '`',
      '(',
      ')',
      ' ',
      'and',
      'not',
      '<',
      '=',
      'like',
      'in',
      ',',
      '-',
      '1',
      '7d',
      '@val',
      '\u0000',
      '😀',
      'order by',
      'limit',
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces).map((parts) => parts.join('')),
      fc.array(pieces).map((parts) => parts.join(' ')),
    );
    fc.assert(
      fc.property(text, (given) => {
        try {
          parse(given);
        } catch (error) {
          expect(error).toBeInstanceOf(SearchError);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('printing', () => {
  it('gives text that is read as the same tree, for any tree', () => {
    const orderBy: fc.Arbitrary<readonly OrderTerm[]> = sampleSearch.map((search) => search.orderBy);
    const property = fc.property(sampleCondition, orderBy, fc.option(fc.integer({ min: 1, max: 10_000 })), (condition, order, limit) => {
      const search = { where: condition, orderBy: order, limit };
      expect(parseSearch(printSearch(search), { now: NOW })).toEqual(search);
    });
    fc.assert(property, { numRuns: 2_000 });
  });
});
