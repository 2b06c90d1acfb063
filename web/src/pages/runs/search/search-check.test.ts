import { describe, expect, it } from 'vitest';
import { faultOf, piecesOf, strangersOf } from './search-check';

describe('a search that cannot be read', () => {
  it('points at the place', () => {
    const text = "status = 'failed' and naem = 3";
    expect(faultOf(text)).toMatchObject({ from: 22, to: 26, suggestion: 'name' });
    expect(piecesOf(text, faultOf(text)).filter(({ fault }) => fault)).toMatchObject([{ text: 'naem' }]);
  });

  it('points behind the end where something is missing', () => {
    expect(faultOf('metrics.loss <')).toMatchObject({ from: 14, to: 14 });
    expect(faultOf("name = 'open")).toMatchObject({ from: 7 });
  });

  it('is none where all is well', () => {
    expect(faultOf('')).toBeNull();
    expect(faultOf('metrics.loss < 0.3 order by started')).toBeNull();
  });
});

describe('the pieces of a search', () => {
  const kinds = (text: string): [string, string][] => piecesOf(text, null).map(({ kind, text: own }) => [kind, own]);

  it('are told by kind', () => {
    expect(kinds("min(metrics.loss) <= 3 and status = 'failed'").filter(([kind]) => kind !== 'space')).toEqual([
      ['function', 'min'],
      ['symbol', '('],
      ['key', 'metrics.loss'],
      ['symbol', ')'],
      ['symbol', '<='],
      ['number', '3'],
      ['keyword', 'and'],
      ['field', 'status'],
      ['symbol', '='],
      ['text', "'failed'"],
    ]);
  });

  it.each(["  a  'b c' order by x ", "name = 'open", 'a § b', 'metrics.', "'", '', '   '])('give the text again: %j', (text) => {
    expect(
      piecesOf(text, faultOf(text))
        .map((one) => one.text)
        .join(''),
    ).toBe(text);
  });
});

it('tells keys that no run has', () => {
  const keys = { params: ['lr'], tags: [], metrics: ['val_loss'] };
  expect(strangersOf('metrics.val_los < 1 and params.lr = 1', keys)).toEqual([{ name: 'metrics.val_los', suggestion: 'metrics.val_loss' }]);
  expect(strangersOf("name = 'open", keys)).toEqual([]);
});
