import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Api } from '../test/support/api.js';
import type { StreamItem } from './stream-item.js';

let api: Api;

describe.each(['memory', 'sqlite'] as const)('what people say of a run, kept in %s', (store) => {
  beforeEach(async () => {
    api = await Api.open({ store });
    await api.feed('r', [{ type: 'run_start', name: 'first', tags: { kind: 'cnn', draft: 'yes' } }]);
  });

  afterEach(() => api.close());

  const update: Api['xtrack']['updateRun'] = (runId, edit) => api.xtrack.updateRun(runId, edit);
  const end = () => api.feed('r', [{ type: 'run_end', status: 'completed' }]);

  it('is changed field by field, and what is left out stays', async () => {
    const run = await update('r', {
      name: 'second',
      notes: 'a\nnote',
      tags: { draft: null, stage: 'tuned' },
      archived: true,
      public: true,
    });
    expect(run).toMatchObject({ name: 'second', notes: 'a\nnote', archived: true, public: true, status: 'running' });
    expect(run.tags).toEqual({
      kind: 'cnn',
      stage: 'tuned',
      'xtrack.name': 'second',
      'xtrack.notes': 'a\nnote',
      'xtrack.archived': 'true',
      'xtrack.public': 'true',
    });
    const again = await update('r', { notes: '', archived: false, public: false });
    expect(again).toMatchObject({ name: 'second', notes: null, archived: false, public: false });
    expect(again.tags).toEqual({ kind: 'cnn', stage: 'tuned', 'xtrack.name': 'second' });
    expect(await update('r', {})).toEqual(again);
  });

  it('does not bring a run that is over back to life', async () => {
    await end();
    const before = await api.xtrack.getRun('r');
    const after = await update('r', { name: 'renamed' });
    expect(after).toMatchObject({ status: 'completed', endedAt: before.endedAt, name: 'renamed', workers: before.workers });
    await api.feed('r', [{ type: 'log', level: 'info', message: 'late' }], { worker: 'x.p1' });
    expect(await api.xtrack.getRun('r')).toMatchObject({ status: 'completed', name: 'renamed' });
  });

  it('is an event of the run, which its subscribers hear, and the new row with it', async () => {
    const heard: StreamItem[] = [];
    const items = api.xtrack.subscribe('r');
    await update('r', { tags: { stage: 'tuned' } });
    for await (const item of items) {
      heard.push(item);
      if (item.type === 'run_changed') break;
    }
    expect(heard).toMatchObject([
      { type: 'tags', worker: '$xtrack', tags: { stage: 'tuned' } },
      { type: 'run_changed', run: { tags: { stage: 'tuned', kind: 'cnn' } } },
    ]);
    const bytes: Uint8Array[] = [];
    for await (const part of api.xtrack.exportRun('r')) bytes.push(part);
    expect(Buffer.concat(bytes).toString()).toContain('"tags":{"stage":"tuned"}');
  });

  it('cannot be said by its workers where it decides who may see it', async () => {
    await api.feed('w', [{ type: 'run_start', tags: { 'xtrack.public': 'true', a: '1' } }]);
    await api.feed('w', [{ type: 'tags', tags: { 'xtrack.public': 'true', b: '2' } }]);
    expect(await api.xtrack.getRun('w')).toMatchObject({ public: false, tags: { a: '1', b: '2' } });
    await update('w', { public: true });
    await api.feed('w', [{ type: 'tags', tags: { 'xtrack.public': null, a: null } }]);
    expect(await api.xtrack.getRun('w')).toMatchObject({ public: true, tags: { b: '2', 'xtrack.public': 'true' } });
  });

  it('is refused where it is too long, reserved or of no run', async () => {
    const wrong: Parameters<typeof update>[1][] = [
      { name: '' },
      { name: 'é'.repeat(257) },
      { notes: 'x'.repeat(65_537) },
      { tags: { '': 'x' } },
      { tags: { 'xtrack.public': 'true' } },
      { tags: { ['k'.repeat(513)]: 'x' } },
      { tags: { k: 'x'.repeat(4_097) } },
    ];
    for (const edit of wrong)
      await expect(update('r', edit)).rejects.toMatchObject({ code: expect.stringMatching(/^XT_(ARGUMENT|FIELD_LIMIT)$/) });
    expect((await api.xtrack.getRun('r')).counts).toEqual({ run_start: 1 });
    await expect(update('none', { name: 'x' })).rejects.toMatchObject({ code: 'XT_RUN_NOT_FOUND' });
    expect(await api.xtrack.listRuns()).toHaveLength(1);
  });

  it('keeps a tag with any name, `__proto__` too', async () => {
    const tags = JSON.parse('{"__proto__": "a", "constructor": "b"}') as Record<string, string>;
    const run = await update('r', { tags });
    expect(Object.entries(run.tags)).toEqual(
      expect.arrayContaining([
        ['__proto__', 'a'],
        ['constructor', 'b'],
      ]),
    );
    const removed = await update('r', { tags: JSON.parse('{"__proto__": null}') as Record<string, null> });
    expect(Object.keys(removed.tags)).not.toContain('__proto__');
  });
});
