import { describe, expect, it } from 'vitest';
import type { Artifact } from '../../../api/types';
import { sharedTracks, shownAt } from './run-media';

const image = (name: string, step: number): Artifact => ({
  ...{ id: `${name}-${step}`, name, step, path: `/x/${name}`, kind: 'image', size: 1, checksum: null, metadata: null, ts: step },
  ...{ available: true, mime: 'image/png' },
});

describe('media of several runs', () => {
  const artifacts = [[image('samples', 0), image('samples', 100)], [image('samples', 50), image('mask', 0)], []];
  const [samples, mask, ...others] = sharedTracks(artifacts);

  it('are shared by name, those of most runs first', () => {
    expect(others).toEqual([]);
    expect([samples?.name, samples?.runs, samples?.steps]).toEqual(['samples', 2, [0, 50, 100]]);
    expect([mask?.name, mask?.runs]).toEqual(['mask', 1]);
  });

  it('show at a step what each run had then', () => {
    const at = (step: number) => [0, 1, 2].map((run) => (samples === undefined ? undefined : shownAt(samples, run, step)?.id));
    expect(at(100)).toEqual(['samples-100', 'samples-50', undefined]);
    expect(at(60)).toEqual(['samples-0', 'samples-50', undefined]);
    expect(at(0)).toEqual(['samples-0', undefined, undefined]);
  });
});
