import { describe, expect, it } from 'vitest';
import { readEmbedAddress } from './embed-address';

const read = (text: string) => {
  const { pathname, hash } = new URL(text, 'http://127.0.0.1:7007');
  return readEmbedAddress({ pathname, hash });
};

describe('an embed address', () => {
  it('names a run and carries a key', () => {
    expect(read('/embed/runs/a%2Fb#embed=xte_a.b')).toEqual({ runId: 'a/b', key: 'xte_a.b' });
    expect(read('/xtrack/embed/runs/r/')).toEqual({ runId: 'r', key: null });
    expect(read('/embed/runs/%zz')).toEqual({ runId: '%zz', key: null });
  });

  it.each(['/', '/runs/embed', '/embed/runs/', '/embed/runs/a/b', '/embed', '/runs/r#embed=x'])('is not %s', (address) => {
    expect(read(address)).toBeNull();
  });
});
