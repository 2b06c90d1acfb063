import { describe, expect, it } from 'vitest';
import { EMPTY_VIEW, type RunsView, readView, writeView } from './view-state';

const FULL: RunsView = {
  q: "metrics.loss < 0.3 and tags.model = 'a&b' order by metrics.loss",
  columns: [
    { expr: 'status' },
    { expr: 'params."a b"', width: 120, pinned: true },
    { expr: 'min(metrics.val/loss@val)' },
    { expr: 'metrics.a - metrics.b', width: 90 },
    { expr: 'tags' },
  ],
  group: 'tags.model',
  closed: ['resnet 50', '(none)'],
  pinned: ['r1', 'r2'],
  trash: false,
  archived: true,
  charts: true,
  curves: { x: 'epoch', smoothing: 0.6, logY: true, outliers: 'ignore', metrics: 'val loss' },
};

describe('the address of a view', () => {
  it('holds all of it', () => {
    expect(readView(writeView(FULL))).toEqual(FULL);
    expect(readView(`?${writeView(FULL)}`)).toEqual(FULL);
  });

  it('says nothing of what is as usual', () => {
    expect(writeView(EMPTY_VIEW)).toBe('');
    expect(readView('')).toEqual(EMPTY_VIEW);
  });

  it('tells no columns from none chosen', () => {
    expect(readView(writeView({ ...EMPTY_VIEW, columns: [] })).columns).toEqual([]);
    expect(readView('').columns).toBeNull();
  });

  it('leaves out what is no column, a column twice, and widths beyond all bounds', () => {
    expect(readView('c=naem&c=:params.lr&c=9999:params.lr&c=9999:tags.a&c=1:tags.b&c=p:status').columns).toEqual([
      { expr: 'params.lr' },
      { expr: 'tags.a', width: 800 },
      { expr: 'tags.b', width: 56 },
      { expr: 'status', pinned: true },
    ]);
  });
});
