import { describe, expect, it } from 'vitest';
import { RUN_TABS, tabOf } from './run-tabs';
import { tabAddress } from './tab-address';

describe('run tabs', () => {
  it('have an address each, and the first one is the run itself', () => {
    expect(tabAddress('a/b', 'charts')).toBe('/runs/a~2Fb');
    expect(tabAddress('r1', 'logs')).toBe('/runs/r1/logs');
    for (const { id } of RUN_TABS) expect(tabOf(tabAddress('r1', id).split('/')[3])).toBe(id);
  });

  it('are known or refused', () => {
    expect(tabOf(undefined)).toBe('charts');
    expect(tabOf('no-such-tab')).toBeNull();
  });
});
