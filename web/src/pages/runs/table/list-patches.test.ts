import type { InfiniteData } from '@tanstack/react-query';
import { describe, expect, it } from 'vitest';
import type { RunPage, RunRow } from '../../../api/types';
import { withHead, withValues } from './list-patches';

const page = (ids: string, cursor: string | null): RunPage => ({
  runs: [...ids].map((runId) => ({ runId }) as RunRow),
  values: [...ids].map((id) => [id]),
  cursor,
});
const list = (...pages: RunPage[]): InfiniteData<RunPage> => ({ pages, pageParams: pages.map((_one, at) => (at === 0 ? null : `c${at}`)) });
const idsOf = ({ pages }: InfiniteData<RunPage>): string[] => pages.map(({ runs }) => runs.map(({ runId }) => runId).join(''));

describe('a fresh first page', () => {
  it('loses none that it pushes off', () => {
    const next = withHead(list(page('def', 'c1'), page('ghi', null)), page('xyd', 'c9'));
    expect(idsOf(next)).toEqual(['xydef', 'ghi']);
    expect(next.pages[0]?.cursor).toBe('c1');
    expect(next.pages[0]?.values).toEqual([['x'], ['y'], ['d'], ['e'], ['f']]);
  });

  it('drops those that are gone', () => {
    expect(idsOf(withHead(list(page('abcd', 'c1'), page('ef', null)), page('acde', 'c9')))).toEqual(['acde', 'f']);
  });

  it('is the whole list where there is no other', () => {
    const next = withHead(list(page('abc', null)), page('xa', null));
    expect(idsOf(next)).toEqual(['xa']);
    expect(next.pages[0]?.cursor).toBeNull();
  });

  it('takes the fresh cursor as long as it is the only page and nothing was pushed off', () => {
    expect(withHead(list(page('ab', null)), page('ab', 'c5')).pages[0]?.cursor).toBe('c5');
  });
});

describe('fresh values', () => {
  const before = list(page('ab', 'c1'), page('cd', null));

  it('take the place of the old ones', () => {
    const next = withValues(before, new Map([['c', [3]]]));
    expect(next.pages.map(({ values }) => values)).toEqual([
      [['a'], ['b']],
      [[3], ['d']],
    ]);
    expect(next.pages[0]).toBe(before.pages[0]);
  });

  it('change nothing where they are equal', () => {
    expect(withValues(before, new Map([['a', ['a']]]))).toBe(before);
  });
});
