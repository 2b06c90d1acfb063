// How lenient reading treats each kind of trouble. The vectors hold the cases; here are the rules behind them.

import fc from 'fast-check';
import { Compile } from 'typebox/compile';
import { expect, test } from 'vitest';
import { conform, type FieldWarning, Problem } from './conform.js';
import { LIMITS } from './limits.js';
import { COLLECTOR_PAYLOADS, WORKER_PAYLOADS } from './schemas.js';

function read(schema: Parameters<typeof conform>[0], value: unknown) {
  const warnings: FieldWarning[] = [];
  return { result: conform(schema, value, 'p', warnings), warnings };
}

/** Non-finite numbers as the strings that they are on the wire. */
function wire(value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(wire);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, wire(inner)]));
}

/** The least that each type needs. */
const least: Readonly<Record<string, object>> = {
  run_start: { run_id: 'r1' },
  run_end: { run_id: 'r1', status: 'completed' },
  param: { run_id: 'r1', key: 'k', value: 1 },
  metric: { run_id: 'r1', key: 'k', value: 1 },
  metric_batch: { run_id: 'r1', metrics: { a: 1 } },
  artifact: { run_id: 'r1', path: 'p', type: 'model' },
  checkpoint: { run_id: 'r1', step: 1, path: 'p' },
  status: { run_id: 'r1', status: 'running' },
  log: { run_id: 'r1', level: 'info', msg: '' },
  gap: { run_id: 'r1', from: 1, to: 2 },
  command_result: { run_id: 'r1', cmd_id: 'c', status: 'ok' },
  tags: { run_id: 'r1', tags: { a: 'b' } },
  knob: { run_id: 'r1', name: 'lr', value: 1 },
  change: { run_id: 'r1', name: 'lr', value: 1 },
  hello: {},
  heartbeat: {},
  welcome: { v: 1, server: 's', resume_from: 1, window: { bytes: 1, events: 1 } },
  ack: { seq: 1, status: 'ok', run_id: 'r1' },
  command: { cmd_id: 'c', type: 'stop' },
};

const payloads = Object.entries({ ...WORKER_PAYLOADS, ...COLLECTOR_PAYLOADS });

test.each(payloads)('whatever comes out for %s passes the compiled schema', (type, schema) => {
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
  const payload = fc
    .dictionary(fc.constantFrom(...names, 'more', '__proto__'), leaf, { maxKeys: 3 })
    .map((odd) => ({ ...least[type], ...odd }));
  let understood = 0;
  fc.assert(
    fc.property(payload, (value) => {
      const { result } = read(schema, value);
      if (result instanceof Problem) {
        expect(check.Check(value)).toBe(false);
        return;
      }
      understood++;
      expect(check.Errors(wire(result))).toEqual([]);
    }),
    { numRuns: 2000 },
  );
  expect(understood).toBeGreaterThan(100);
});

test('one event brings at most 16 warnings, whatever its size', () => {
  const tags = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`k${index}`, index]));
  const { result, warnings } = read(WORKER_PAYLOADS.run_start, { run_id: 'r1', tags });
  expect(result).toEqual({ run_id: 'r1', tags: {} });
  expect(warnings).toHaveLength(16);
});

test('more entries than a map may have: optional, it is dropped; required, the event is refused', () => {
  const many = Object.fromEntries(Array.from({ length: LIMITS.entries + 1 }, (_, index) => [`k${index}`, 'x']));
  expect(read(WORKER_PAYLOADS.run_start, { run_id: 'r1', tags: many })).toMatchObject({
    result: { run_id: 'r1' },
    warnings: [{ code: 'XT_FIELD_LIMIT', field: 'p.tags' }],
  });
  expect(read(WORKER_PAYLOADS.metric_batch, { run_id: 'r1', metrics: many }).result).toMatchObject({
    code: 'XT_FIELD_LIMIT',
    field: 'p.metrics',
  });
});

test('what a hostile value says about itself stays short', () => {
  const { result } = read(WORKER_PAYLOADS.status, { run_id: 'r1', status: 'x'.repeat(100_000) });
  expect((result as Problem).detail.length).toBeLessThan(300);
});
