import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerText, short } from './answer.js';

const rows = (count: number): object[] => Array.from({ length: count }, (_, at) => ({ at, text: 'x'.repeat(40) }));

describe('an answer', () => {
  it('that fits is the JSON of its body and nothing else', () => {
    expect(answerText({ body: { a: [1, Number.NaN], b: new Map([['__proto__', Number.POSITIVE_INFINITY]]) }, rest: 'r' })).toBe(
      '{"a":[1,"NaN"],"b":{"__proto__":"Infinity"}}',
    );
  });

  it('that is too large keeps the beginning of its largest list, and says what is missing and how to get it', () => {
    const text = answerText({ body: { kept: { a: 1 }, runs: rows(1_000) }, rest: 'use offset' }, 5_000);
    const answer = JSON.parse(text) as { kept: object; runs: { at: number }[]; cut: string[]; rest: string };
    expect(text.length).toBeLessThanOrEqual(5_000);
    expect(answer.kept).toEqual({ a: 1 });
    expect(answer.runs.length).toBeGreaterThan(10);
    expect(answer.runs.map(({ at }) => at)).toEqual(answer.runs.map((_, at) => at));
    expect(answer.cut).toEqual([`runs: ${answer.runs.length} of 1000 shown`]);
    expect(answer.rest).toBe('use offset');
  });

  it('cuts long texts before lists', () => {
    const text = answerText({ body: { list: [1, 2, 3], log: 'y'.repeat(1e6) }, rest: 'r' }, 5_000);
    expect(JSON.parse(text)).toMatchObject({ list: [1, 2, 3], cut: ['long texts are cut off'] });
  });

  it('goes down to nothing where names alone are too long', () => {
    const text = answerText({ body: { params: { [`k${'x'.repeat(9_000)}`]: [] }, run_id: 'r' }, rest: 'r' }, 5_000);
    expect(JSON.parse(text)).toMatchObject({ params: {}, run_id: 'r', cut: ['params: 0 of 1 shown'] });
  });

  it('is JSON within the limit, whatever is in it', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }), { maxKeys: 30 }), fc.nat(50), (body, copies) => {
        const grown = { ...body, all: Array.from({ length: copies }, () => body) };
        const text = answerText({ body: grown, rest: 'r' }, 4_000);
        expect(() => JSON.parse(text)).not.toThrow();
        // What lies loose in the body itself is the tool's own, and is never cut.
        const loose = JSON.stringify(Object.values(body).filter((value) => typeof value !== 'object')).length;
        const names = JSON.stringify(Object.keys(body)).length * 4;
        expect(text.length).toBeLessThanOrEqual(4_000 + loose + names);
      }),
    );
  });
});

describe('a short number', () => {
  it.each([
    [0.1 + 0.2, 0.3],
    [1 / 3, 0.3333333],
    [123456789012, 123456789012],
    [1.23456789e-12, 1.234568e-12],
  ])('%d is %d', (value, expected) => expect(short(value)).toBe(expected));

  it('stays what it is where it is none', () => {
    expect([Number.NaN, Number.POSITIVE_INFINITY].map(short)).toEqual([Number.NaN, Number.POSITIVE_INFINITY]);
  });
});
