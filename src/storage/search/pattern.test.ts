import { describe, expect, it } from 'vitest';
import { globPattern, likePattern, matchesPattern } from './pattern.js';

describe('a pattern', () => {
  it.each([
    ['', '', true],
    ['', '%', true],
    ['', '_', false],
    ['abc', 'abc', true],
    ['abc', 'ab', false],
    ['abc', 'a%', true],
    ['abc', '%b%', true],
    ['abc', '%c', true],
    ['abc', 'a_c', true],
    ['abab', '%ab', true],
    ['mississippi', 'm%iss%ip_i', true],
    ['mississippi', 'm%iss%iss%iss%', false],
    ['😀', '_', true],
    ['50%', '50\\%', true],
    ['500', '50\\%', false],
    ['a\\b', 'a\\b', true],
    ['a\\', 'a\\\\', true],
    ['a\\', 'a\\', true],
  ])('%s like %s: %s', (text, pattern, wanted) => {
    expect(matchesPattern(text, pattern)).toBe(wanted);
  });

  it('of many wildcards is answered at once', () => {
    expect(matchesPattern('a'.repeat(4_096), `${'%a'.repeat(2_000)}b`)).toBe(false);
  });

  it('is written for each database', () => {
    expect(globPattern('*%[_]\\%?')).toBe('[*]*[[]?]%[?]');
    expect(likePattern('a%\\_\\b')).toBe('a%\\_\\\\b');
  });
});
