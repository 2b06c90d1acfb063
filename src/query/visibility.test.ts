import { describe, expect, it } from 'vitest';
import { openMemoryStore } from '../storage/memory/store.js';
import { sampleBatch, sampleRecord } from '../testing/sample-run.js';
import { RunReader } from './run-reader.js';

describe('which runs a list shows', () => {
  it('is part of the search: experiments, public ones, archived ones, the trash', async () => {
    const store = await openMemoryStore();
    const runs = [
      sampleRecord('own', { experimentId: 'e' }),
      sampleRecord('archived', { experimentId: 'e', tags: { 'xtrack.archived': 'true' } }),
      sampleRecord('unarchived', { tags: { 'xtrack.archived': 'false' } }),
      sampleRecord('public', { experimentId: 'f', tags: { 'xtrack.public': 'true' } }),
      sampleRecord('other', { experimentId: 'f' }),
      sampleRecord('none'),
      sampleRecord('trash', { tags: { 'xtrack.public': 'true' } }),
    ];
    await store.commit(sampleBatch({ runs }));
    await store.setDeleted('trash', 1);
    const reader = new RunReader(store);
    const found = async (options: Parameters<RunReader['search']>[1], text = ''): Promise<string[]> =>
      (await reader.search(text, options)).runs.map(({ runId }) => runId).sort();
    expect(await found({})).toEqual(['archived', 'none', 'other', 'own', 'public', 'unarchived']);
    expect(await found({ experiments: ['e', 'x'] })).toEqual(['archived', 'own', 'public']);
    expect(await found({ experiments: [] })).toEqual(['public']);
    expect(await found({ archived: 'exclude' })).toEqual(['none', 'other', 'own', 'public', 'unarchived']);
    expect(await found({ archived: 'only' })).toEqual(['archived']);
    expect(await found({ experiments: ['e'], archived: 'exclude' }, "status = 'failed' or id like '%'")).toEqual(['own', 'public']);
    expect(await found({ deleted: 'only' })).toEqual(['trash']);
    expect(await found({ deleted: 'only', experiments: [] })).toEqual([]);
  });
});
