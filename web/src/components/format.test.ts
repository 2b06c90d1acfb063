import { describe, expect, it } from 'vitest';
import { formatAgo, formatAligned, formatBytes, formatDuration, formatNumber, formatParam, formatTime, plainName, plural } from './format';

describe('formats', () => {
  it.each([
    [0, '0'],
    [0.123456789, '0.12346'],
    [12345.678, '12,345.7'],
    [1204, '1,204'],
    [-3.5, '−3.5'],
    [0.00003, '3e-5'],
    [1.25e9, '1.25e9'],
    [3e21, '3e21'],
    [1e-4, '0.0001'],
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '−∞'],
    [null, '–'],
  ])('the number %s as %s', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });

  it('numbers below one another', () => {
    expect([0.5, 0.80213, 12.5, 3, 1e-7, Number.NaN].map(formatAligned)).toEqual(['0.50000', '0.80213', '12.500', '3', '1e-7', 'NaN']);
  });

  it.each([
    [0, '0 ms'],
    [850, '850 ms'],
    [4_200, '4.2 s'],
    [9_970, '10 s'],
    [59_400, '59 s'],
    [59_900, '0m 59s'],
    [187_000, '3m 07s'],
    [7_500_000, '2h 05m'],
    [356_400_000, '4d 3h'],
    [null, '–'],
  ])('the span of %s ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it.each([
    [0, '0 B'],
    [1_023, '1023 B'],
    [4_404_019, '4.2 MiB'],
    [300 * 1_024 ** 3, '300 GiB'],
    [null, '–'],
  ])('%s bytes as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it('moments by how long ago they were', () => {
    const now = Date.parse('2026-03-01T12:00:00Z');
    const ago = (ms: number): string => formatAgo(new Date(now - ms).toISOString(), now);
    expect([500, 12_000, 300_000, 3 * 3_600_000, 2 * 86_400_000].map(ago)).toEqual(['now', '12 s ago', '5 min ago', '3 h ago', '2 d ago']);
    expect(ago(60 * 86_400_000)).toMatch(/^2025-12-3/);
    expect(formatAgo(null, now)).toBe('–');
  });

  it('times to the second', () => {
    expect(formatTime(new Date(2026, 0, 5, 4, 3, 2).toISOString())).toBe('2026-01-05 04:03:02');
    expect(formatTime('never')).toBe('–');
  });

  it('counts of things', () => {
    expect([plural(1, 'run'), plural(1_204, 'run'), plural(2, 'entry', 'entries')]).toEqual(['1 run', '1,204 runs', '2 entries']);
  });
});

it('shows a name letter by letter, whatever would turn it around', () => {
  expect(plainName('evil\u202etxt.exe')).toBe('eviltxt.exe');
  expect(plainName('שלום')).toBe('שלום');
});

describe('formatParam', () => {
  it.each([
    [1557611200, '1557611200'],
    [1234567891, '1234567891'],
    [0.1234561, '0.1234561'],
    [0.1234562, '0.1234562'],
    [1e-9, '1e-9'],
    [2 ** 60, '1152921504606846976'],
    [-3, '-3'],
    [Number.NaN, 'NaN'],
  ])('%d is %s: every digit as it was given', (value, text) => expect(formatParam(value)).toBe(text));
});

describe('a time to come', () => {
  const now = Date.parse('2026-01-31T12:00:00Z');
  it.each([
    ['2026-01-31T15:00:00Z', 'in 3 h'],
    ['2026-01-31T12:00:30Z', 'in 30 s'],
    ['2026-01-31T12:00:03Z', 'now'],
    ['2027-01-31T12:00:00Z', '2027-01-31'],
  ])('%s is %s', (iso, text) => expect(formatAgo(iso, now)).toContain(text));
});
