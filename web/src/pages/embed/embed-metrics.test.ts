import { describe, expect, it } from 'vitest';
import type { SeriesSummary } from '../../api/types';
import { chartsOf } from './embed-metrics';

const point = { step: 1, epoch: null, ts: 1, value: 1 };
const one = (key: string, phase = '', worker = ''): SeriesSummary => ({
  key,
  phase,
  worker,
  aggregation: '',
  count: 1,
  min: 1,
  max: 1,
  first: point,
  last: point,
});

describe('the charts of the small page', () => {
  it('are four at most, losses and scores first, nothing of the machine', () => {
    const all = ['a', 'b', 'system/cpu', 'accuracy', 'c', 'train/loss'].map((key) => one(key));
    expect(chartsOf(all).map(({ key }) => key)).toEqual(['train/loss', 'accuracy', 'a', 'b']);
  });

  it('have all phases and workers of their metric, up to a bound', () => {
    const all = [one('loss', 'train'), one('loss', 'val'), ...Array.from({ length: 50 }, (_, at) => one('lr', '', String(at)))];
    expect(chartsOf(all).map(({ series }) => series.length)).toEqual([2, 12]);
  });
});
