import { describe, expect, it } from 'vitest';
import { readObject, readParams, readRate } from './payload';

describe('readParams', () => {
  it.each([
    ['lr=0.01', { lr: 0.01 }],
    ['lr = 1e-3\nmode=fast\n\nshuffle=true', { lr: 0.001, mode: 'fast', shuffle: true }],
    ['name="0.1"', { name: '0.1' }],
    ['sizes=[1,2]\nnote=a = b', { sizes: [1, 2], note: 'a = b' }],
    ['{"lr": 0.1, "x": null}', { lr: 0.1, x: null }],
    ['path=/data/a,b', { path: '/data/a,b' }],
  ])('%s', (text, payload) => {
    expect(readParams(text)).toEqual({ value: payload, fault: null });
  });

  it.each([
    ['', 'at least one'],
    ['lr', 'not key=value'],
    ['=1', 'not key=value'],
    ['lr=', 'missing'],
    ['x=[1,', 'neither JSON'],
    ['{"lr":', 'not JSON'],
    [`big=${'x'.repeat(70_000)}`, '65536 are allowed'],
  ])('says what is wrong with %j', (text, words) => {
    const { value, fault } = readParams(text);
    expect(value).toBeNull();
    expect(fault).toContain(words);
  });
});

describe('readObject', () => {
  it('takes an object or nothing', () => {
    expect(readObject('{"a": 1}').value).toEqual({ a: 1 });
    expect(readObject('  ').value).toEqual({});
    for (const text of ['[1]', '3', 'null', '"x"']) expect(readObject(text).fault).toContain('JSON object');
  });
});

describe('readRate', () => {
  it('takes numbers as people write them', () => {
    expect(readRate(' 3e-4 ', 'lr').value).toEqual({ lr: 0.0003 });
    expect(readRate('0,5', 'factor').value).toEqual({ factor: 0.5 });
    expect(readRate('0', 'lr').value).toEqual({ lr: 0 });
  });

  it('refuses the rest', () => {
    for (const text of ['', 'fast', 'NaN', 'Infinity', '-1']) expect(readRate(text, 'lr').fault).not.toBeNull();
    expect(readRate('0', 'factor').fault).not.toBeNull();
  });
});
