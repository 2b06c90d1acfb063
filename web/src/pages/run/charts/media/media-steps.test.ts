import { expect, it } from 'vitest';
import type { Artifact } from '../../../../api/types';
import { itemAt, mediaTracks, stepsOf } from './media-steps';

function artifact(name: string, step: number | null, more: Partial<Artifact> = {}): Artifact {
  const id = `${name} ${step} ${more.ts ?? 0}`;
  return {
    id,
    path: name,
    kind: 'data',
    name,
    size: 1,
    checksum: null,
    step,
    metadata: { media: 'image' },
    ts: 0,
    available: true,
    mime: null,
    ...more,
  };
}

it('gathers what was logged under one name by its steps', () => {
  const tracks = mediaTracks([artifact('b', 20), artifact('b', 10), artifact('a', 5), artifact('c', null)]);
  expect(tracks.map(({ name, items }) => [name, items.map(({ step }) => step)])).toEqual([
    ['a', [5]],
    ['b', [10, 20]],
  ]);
  expect(stepsOf(tracks)).toEqual([5, 10, 20]);
});

it('knows media by what the emitter said, by their type, or by their kind', () => {
  const tracks = mediaTracks([
    artifact('said', 1),
    artifact('typed', 1, { metadata: null, mime: 'image/png' }),
    artifact('kind', 1, { metadata: null, kind: 'histogram' }),
    artifact('model', 1, { metadata: null, kind: 'model' }),
  ]);
  expect(tracks.map(({ name }) => name)).toEqual(['kind', 'said', 'typed']);
});

it('shows the last item at the step or before it, and of two at one step the later', () => {
  const [track] = mediaTracks([artifact('a', 10), artifact('a', 20, { ts: 9 }), artifact('a', 20, { ts: 1 })]);
  expect(track === undefined ? null : [itemAt(track, 5), itemAt(track, 15)?.step, itemAt(track, 99)?.ts]).toEqual([null, 10, 9]);
});
