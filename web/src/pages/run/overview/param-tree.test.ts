import { describe, expect, it } from 'vitest';
import { paramRows, paramTree, showValue } from './param-tree';

const PARAMS = {
  'optimizer.lr': 0.1,
  'optimizer.name': 'sgd',
  'optimizer.schedule.kind': 'cosine',
  'layers.10': 5,
  'layers.2': 7,
  seed: 7,
  'data.path': '/data',
};

function shown(closed: readonly string[] = [], filter = ''): string[] {
  return paramRows(paramTree(PARAMS), new Set(closed), filter).map(({ node, depth }) => `${'  '.repeat(depth)}${node.label}`);
}

describe('params', () => {
  it('nest by their dots, numbers in order, a lone one without a group', () => {
    expect(shown()).toEqual(['data.path', 'layers', '  2', '  10', 'optimizer', '  lr', '  name', '  schedule.kind', 'seed']);
  });

  it('fold', () => {
    expect(shown(['optimizer', 'layers'])).toEqual(['data.path', 'layers', 'optimizer', 'seed']);
  });

  it('count what lies below a group', () => {
    const group = paramTree(PARAMS).find(({ path }) => path === 'optimizer');
    expect(group).toMatchObject({ kind: 'group', count: 3 });
  });

  it('are found by key and by value, in closed groups too', () => {
    expect(shown(['optimizer'], 'COSINE')).toEqual(['optimizer', '  schedule.kind']);
    expect(shown([], 'optimizer.l')).toEqual(['optimizer', '  lr']);
    expect(shown([], 'nothing like it')).toEqual([]);
  });

  it('bear a key that is a value and a group, empty parts, and names of the language', () => {
    const params = JSON.parse('{"a": 1, "a.b": 2, "a.c": 3, "": 4, ".": 5, "__proto__": 6, "constructor.x": 7, "__proto__.y": 8}');
    const leaves = paramRows(paramTree(params), new Set(), '').flatMap(({ node }) =>
      node.kind === 'param' ? [[node.path, node.value]] : [],
    );
    expect(Object.fromEntries(leaves)).toEqual(params);
    expect(leaves).toHaveLength(Object.keys(params).length);
  });

  it('bear a key of a thousand parts', () => {
    const rows = paramRows(paramTree({ [Array(1000).fill('x').join('.')]: 1, y: 2 }), new Set(), '');
    expect(rows).toHaveLength(2);
  });
});

describe('showValue', () => {
  it('shows a string bare and the rest as JSON', () => {
    expect(['a b', 0.1, null, true, [1, 'x'], { a: 1 }].map(showValue)).toEqual(['a b', '0.1', 'null', 'true', '[1,"x"]', '{"a":1}']);
  });
});
