import { describe, expect, it } from 'vitest';
import { groupedBy, limitOf, nextOrder, orderOf, withinExperiment, withOrder } from './search-order';

describe('the order of a search', () => {
  it('is read from its text', () => {
    expect(orderOf("status = 'failed' order by best(metrics.val_loss) desc, name")).toEqual({
      expr: 'min(metrics.val_loss)',
      descending: true,
    });
    expect(orderOf('a b')).toBeNull();
    expect(orderOf("name = 'open")).toBeNull();
  });

  it('changes, and the rest stays as it was typed', () => {
    expect(withOrder("metrics.a<1  and name = 'order by x' order by started limit 5", { expr: 'params.lr', descending: true })).toBe(
      "metrics.a<1  and name = 'order by x' order by params.lr desc limit 5",
    );
    expect(withOrder('', { expr: 'started', descending: false })).toBe('order by started');
    expect(withOrder('resnet order by started', null)).toBe('resnet');
    expect(withOrder("name = 'open", { expr: 'started', descending: false })).toBe("name = 'open");
  });

  it('stays where the search is narrowed to an experiment', () => {
    expect(withinExperiment('a or b order by started', "it's")).toBe("(a or b) and experiment = 'it''s' order by started");
    expect(withinExperiment('limit 3', 'x')).toBe("experiment = 'x' limit 3");
  });

  it('goes with a limit', () => {
    expect([limitOf('resnet order by started limit 20'), limitOf('resnet'), limitOf("'open")]).toEqual([20, null, null]);
  });

  it('comes after the group', () => {
    expect(groupedBy('resnet order by metrics.loss desc limit 3', 'tags.model')).toBe(
      'resnet order by tags.model, metrics.loss desc limit 3',
    );
    expect(groupedBy('', 'status')).toBe('order by status');
  });

  it('goes round with each click on a head', () => {
    const first = nextOrder(null, 'params.lr', 'up');
    const second = nextOrder(first, 'params.lr', 'up');
    expect([first, second, nextOrder(second, 'params.lr', 'up')]).toEqual([
      { expr: 'params.lr', descending: false },
      { expr: 'params.lr', descending: true },
      null,
    ]);
    expect(nextOrder(second, 'started', 'down')).toEqual({ expr: 'started', descending: true });
  });
});
