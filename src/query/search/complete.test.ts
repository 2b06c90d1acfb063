import { describe, expect, it } from 'vitest';
import { completeSearch } from './complete.js';
import { unknownKeys } from './known-keys.js';
import { parseSearch } from './parser.js';

const KEYS = { params: ['lr', 'optimizer.lr', 'a b'], tags: ['model'], metrics: ['val_loss', 'train/loss', 'acc'] };

/** What is offered at the bar `|`. */
function offered(text: string): string[] {
  const at = text.indexOf('|');
  return completeSearch(text.replace('|', ''), at, KEYS).options.map((option) => option.text);
}

describe('completion', () => {
  it('begins with names', () => {
    expect(offered('|')).toEqual(expect.arrayContaining(['status', 'metrics.', 'min(', 'order by']));
    expect(offered('st|')).toEqual(['status', 'started']);
    expect(offered("name = 'x' and met|")).toEqual(['metrics.']);
  });

  it('knows the keys, and quotes those that need it', () => {
    expect(offered('metrics.|')).toEqual(['metrics.val_loss', 'metrics.train/loss', 'metrics.acc']);
    expect(offered('metrics.loss|')).toEqual(['metrics.val_loss', 'metrics.train/loss']);
    expect(offered('min(metrics.v|')).toEqual(['metrics.val_loss']);
    expect(offered('params."a |')).toEqual(['params."a b"']);
  });

  it('offers what may follow: operators, values, links', () => {
    expect(offered('metrics.acc |')).toContain('<=');
    expect(offered('metrics.acc |')).not.toContain('like');
    expect(offered('name |')).toContain('ilike');
    expect(offered('status = |')).toContain("'failed'");
    expect(offered("status = 'co|")).toEqual(["'completed'"]);
    expect(offered('metrics.acc is |')).toEqual(['null', 'not null', 'nan', 'not nan']);
    expect(offered('metrics.acc > 3 |')).toEqual(['and', 'or', 'order by', 'limit']);
    expect(offered('metrics.acc > 3 order |')).toEqual(['by']);
    expect(offered('order by metrics.acc |')).toEqual(['asc', 'desc', 'limit']);
  });

  it('says what it replaces, and is silent where the text cannot be read', () => {
    expect(completeSearch('metrics.va > 3', 10, KEYS)).toMatchObject({ from: 0, to: 10 });
    expect(completeSearch("name = 'open", 12, KEYS).options).toEqual([]);
  });
});

describe('keys that no run has', () => {
  it('are told with the nearest that there is', () => {
    const search = parseSearch(
      "metrics.val_los < 3 and params.lr = 1 and tags.modle = 'x' order by metrics.something, abs(metrics.val_los)",
    );
    expect(unknownKeys(search, KEYS)).toEqual([
      { name: 'metrics.val_los', suggestion: 'metrics.val_loss' },
      { name: 'tags.modle', suggestion: 'tags.model' },
      { name: 'metrics.something', suggestion: undefined },
    ]);
  });
});
