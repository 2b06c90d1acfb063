import { describe, expect, it } from 'vitest';
import { offeredColumns } from './column-offer';

const KEYS = { params: ['lr', 'optimizer.lr'], tags: ['model', 'xtrack.name'], metrics: ['val_loss', 'acc'] };
const offered = (wanted: string, stat: 'last' | 'best' | 'min' = 'last'): Record<string, readonly string[]> =>
  Object.fromEntries(offeredColumns(KEYS, wanted, stat).map(({ title, exprs }) => [title, exprs]));

describe('the columns that are offered', () => {
  it('are all that there are, but tags of our own', () => {
    const all = offered('');
    expect(all).toMatchObject({
      Metrics: ['metrics.val_loss', 'metrics.acc'],
      Params: ['params.lr', 'params.optimizer.lr'],
      Tags: ['tags.model'],
    });
    expect(all['Of the run']).toContain('duration');
  });

  it('hold what is typed', () => {
    expect(offered('LR')).toEqual({ Params: ['params.lr', 'params.optimizer.lr'] });
  });

  it('are of the value of a metric that is wanted', () => {
    expect(offered('', 'best').Metrics).toEqual(['min(metrics.val_loss)', 'max(metrics.acc)']);
    expect(offered('acc', 'min').Metrics).toEqual(['min(metrics.acc)']);
  });

  it('may be a formula', () => {
    expect(offered('metrics.acc-metrics.val_loss')).toEqual({ 'As typed': ['metrics.acc - metrics.val_loss'] });
    expect(offered('params.lr')).toEqual({ Params: ['params.lr'] });
    expect(offered('nothing at all')).toEqual({});
  });

  it('are no more than one can look through', () => {
    const many = { ...KEYS, params: Array.from({ length: 100 }, (_, at) => `p${at}`) };
    expect(offeredColumns(many, 'p', 'last').find(({ title }) => title === 'Params')).toMatchObject({ hidden: 40 });
  });
});
