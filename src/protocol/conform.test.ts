// How lenient reading treats each kind of trouble. The vectors hold the cases; here are the rules behind them.

import fc from 'fast-check';
import { Compile } from 'typebox/compile';
import { expect, test } from 'vitest';
import { conform, type FieldWarning, Problem } from './conform.js';
import { LIMITS } from './limits.js';
import { COLLECTOR_PAYLOADS, MetricBatchPayload, RunStartPayload, StatusPayload, WORKER_PAYLOADS } from './schemas.js';

function read(schema: Parameters<typeof conform>[0], value: unknown) {
  const warnings: FieldWarning[] = [];
  return { result: conform(schema, value, 'p', warnings), warnings };
}

const payloads = Object.entries({ ...WORKER_PAYLOADS, ...COLLECTOR_PAYLOADS });

test.each(payloads)('whatever comes out for %s passes the compiled schema', (_type, schema) => {
  const check = Compile(schema);
  const names = Object.keys(schema.properties);
  const leaf = fc.oneof(
    fc.constantFrom<unknown>(
      'r1',
      'NaN',
      '12',
      '1.5',
      '',
      null,
      5,
      1.5,
      -1,
      true,
      'train',
      'ok',
      'failed',
      'model',
      'info',
      'x'.repeat(600),
    ),
    fc.constantFrom<unknown>(
      { id: 'r1' },
      { cur: 1 },
      { a: 1, b: 'x' },
      { message: 'm' },
      { bytes: 1, events: 2 },
      [],
      ['ack'],
      [1],
      JSON.parse('{"__proto__":1}'),
    ),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const payload = fc.dictionary(fc.constantFrom(...names, 'more', '__proto__'), leaf);
  let understood = 0;
  fc.assert(
    fc.property(payload, (value) => {
      const { result } = read(schema, value);
      if (result instanceof Problem) {
        expect(check.Check(value)).toBe(false);
        return;
      }
      understood++;
      expect(check.Errors(result)).toEqual([]);
    }),
    { numRuns: 2000 },
  );
  expect(understood + Object.keys(schema).length).toBeGreaterThan(0);
});

test('one event brings at most 16 warnings, whatever its size', () => {
  const tags = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, index]));
  const { result, warnings } = read(RunStartPayload, { run_id: 'r1', tags });
  expect(result).toEqual({ run_id: 'r1', tags: {} });
  expect(warnings).toHaveLength(16);
});

test('more entries than a map may have: optional, it is dropped; required, the event is refused', () => {
  const many = Object.fromEntries(Array.from({ length: LIMITS.entries + 1 }, (_, index) => [`k${index}`, 'x']));
  expect(read(RunStartPayload, { run_id: 'r1', tags: many })).toMatchObject({
    result: { run_id: 'r1' },
    warnings: [{ code: 'XT_FIELD_LIMIT', field: 'p.tags' }],
  });
  expect(read(MetricBatchPayload, { run_id: 'r1', metrics: many }).result).toMatchObject({ code: 'XT_FIELD_LIMIT', field: 'p.metrics' });
});

test('what a hostile value says about itself stays short', () => {
  const { result } = read(StatusPayload, { run_id: 'r1', status: 'x'.repeat(100_000) });
  expect((result as Problem).detail.length).toBeLessThan(300);
});
