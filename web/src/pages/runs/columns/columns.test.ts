import { describe, expect, it } from 'vitest';
import { askedOf, bestExpr, canonical, chosenFor, kindOf, labelOf, metricExpr, paramExpr } from './columns';

describe('a column', () => {
  it('is any value of the search language, written one way', () => {
    expect(canonical('metrics."loss"')).toBe('metrics.loss');
    expect(canonical('last(metrics.loss)')).toBe('metrics.loss');
    expect(canonical('best(metrics.val_loss)')).toBe('min(metrics.val_loss)');
    expect(canonical('progress')).toBe('progress');
    expect(canonical('nothing')).toBeUndefined();
    expect(canonical('')).toBeUndefined();
  });

  it('is not the name: that one stands first anyway', () => {
    expect(canonical('name')).toBeUndefined();
  });

  it.each([
    ['status', 'field', 'Status'],
    ['tags', 'drawn', 'Tags'],
    ['params.optimizer.lr', 'param', 'optimizer.lr'],
    ['tags."a b"', 'tag', 'a b'],
    ['metrics.val/loss', 'metric', 'val/loss'],
    ['min(metrics."a b"@val)', 'metric', 'min a b@val'],
    ['metrics.a - metrics.b', 'metric', 'a - metrics.b'],
    ['abs(params.x)', 'other', 'abs(params.x)'],
  ])('%s is a %s called %s', (expr, kind, label) => {
    expect([kindOf(expr), labelOf(expr)]).toEqual([kind, label]);
  });

  it('is asked of the server only where the row does not have it', () => {
    expect(askedOf(['status', 'params.lr', 'tags', 'min(metrics.loss)', 'started'].map((expr) => ({ expr })))).toEqual([
      'params.lr',
      'min(metrics.loss)',
    ]);
  });

  it('quotes keys that need it', () => {
    expect(paramExpr('a b')).toBe('params."a b"');
    expect(metricExpr('loss')).toBe('metrics.loss');
    expect([bestExpr('val_loss'), bestExpr('acc')]).toEqual(['min(metrics.val_loss)', 'max(metrics.acc)']);
  });
});

describe('columns for someone who chose none', () => {
  it('begin with what every run has, then what tells most', () => {
    const keys = { params: ['batch', 'lr'], tags: [], metrics: ['epoch', 'loss', 'system/cpu', 'val_loss'] };
    expect(chosenFor(keys).map(({ expr }) => expr)).toEqual([
      ...['status', 'progress', 'started', 'duration', 'experiment'],
      ...['metrics.val_loss', 'metrics.loss', 'metrics.epoch', 'params.batch', 'params.lr', 'tags'],
    ]);
    expect(chosenFor(undefined).map(({ expr }) => expr)).toEqual(['status', 'progress', 'started', 'duration', 'experiment', 'tags']);
  });
});
