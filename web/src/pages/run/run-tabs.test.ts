import { describe, expect, it } from 'vitest';
import { RUN_TABS, runAddress, tabOf } from './run-tabs';

describe('run tabs', () => {
  it('have an address each, and the first one is the run itself', () => {
    expect(runAddress('a/b', 'charts')).toBe('/runs/a%2Fb');
    expect(runAddress('r1', 'logs')).toBe('/runs/r1/logs');
    for (const { id } of RUN_TABS) expect(tabOf(runAddress('r1', id).split('/')[3])).toBe(id);
  });

  it('are known or refused', () => {
    expect(tabOf(undefined)).toBe('charts');
    expect(tabOf('no-such-tab')).toBeNull();
  });
});
