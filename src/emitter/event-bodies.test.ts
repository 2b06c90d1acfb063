import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { XTrackError } from '../protocol/errors.js';
import { describeArtifact } from './artifact-file.js';
import { EventBodies } from './event-bodies.js';
import { Complaints } from './warnings.js';

const strict = new EventBodies(new Complaints(true));
const lenient = new EventBodies(new Complaints(false));

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    return (error as XTrackError).code;
  }
  return undefined;
}

describe('what a verb is given', () => {
  it('becomes a metric when it is a number in any dress, non-finite ones included', () => {
    expect(strict.metric('loss', 3n, {})).toEqual([{ type: 'metric', key: 'loss', value: 3 }]);
    expect(strict.metric('loss', Number.NaN, {})).toEqual([{ type: 'metric', key: 'loss', value: Number.NaN }]);
    expect(strict.metric('loss', new Float32Array([0.5]), { step: 3, phase: 'val', aggregation: 'mean', datasetSize: 9 })).toEqual([
      { type: 'metric', key: 'loss', value: 0.5, step: 3, context: { phase: 'val', aggregation: 'mean', datasetSize: 9 } },
    ]);
  });

  it('is refused with a code when strict, and otherwise leaves only that part out', () => {
    expect(codeOf(() => strict.metric('loss', 'high', {}))).toBe('XT_ARGUMENT');
    expect(codeOf(() => strict.metric('', 1, {}))).toBe('XT_ARGUMENT');
    expect(codeOf(() => strict.metric('loss', 1, { step: 1.5 }))).toBe('XT_ARGUMENT');
    expect(codeOf(() => strict.metric('loss', 1, { phase: 'dream' as 'val' }))).toBe('XT_ARGUMENT');
    expect(codeOf(() => strict.status('sleeping', {}))).toBe('XT_ARGUMENT');
    expect(lenient.metric('loss', 'high', {})).toEqual([]);
    expect(lenient.metrics({ good: 1, bad: {} }, { step: 1.5 })).toEqual([{ type: 'metric_batch', metrics: new Map([['good', 1]]) }]);
    expect(lenient.metric('loss', 1, { phase: 'dream' as 'val', batchSize: 8 })).toEqual([
      { type: 'metric', key: 'loss', value: 1, context: { batchSize: 8 } },
    ]);
  });

  it('is split where it is over a limit: 10,000 metrics an event, 64 KiB a log line', () => {
    const many = new Map(Array.from({ length: 25_000 }, (_, index) => [`m${index}`, index]));
    const sizes = strict.metrics(many, {}).map((body) => (body.type === 'metric_batch' ? body.metrics.size : 0));
    expect(sizes).toEqual([10_000, 10_000, 5000]);
    const parts = strict.log('x'.repeat(150_000), { fields: { a: 1 } });
    expect(parts).toMatchObject([{ fields: { a: 1, part: 1, parts: 3 } }, { fields: { part: 2 } }, { fields: { part: 3 } }]);
    expect(parts.map((body) => (body.type === 'log' ? body.message : '')).join('')).toBe('x'.repeat(150_000));
  });

  it('keeps prototype keys as data', () => {
    const metrics = JSON.parse('{"__proto__": 1, "constructor": 2}') as Record<string, number>;
    expect(strict.metrics(metrics, {})).toEqual([
      {
        type: 'metric_batch',
        metrics: new Map([
          ['__proto__', 1],
          ['constructor', 2],
        ]),
      },
    ]);
  });

  it('ends a failed run with an error in any case', () => {
    expect(strict.end('failed', {}, 5)).toEqual({ type: 'run_end', status: 'failed', error: { message: 'failed' }, durationMs: 5 });
    expect(strict.end('failed', { error: 'text' }, 5)).toMatchObject({ error: { message: 'text' } });
    expect(strict.end('failed', { error: new TypeError('bad') }, 5)).toMatchObject({ error: { type: 'TypeError', message: 'bad' } });
  });
});

describe('an artifact', () => {
  const folder = mkdtempSync(join(tmpdir(), 'xtrack-artifact-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('has its size and checksum, and inline its bytes', () => {
    const path = join(folder, 'plot.png');
    writeFileSync(path, 'abc');
    const checksum = 'sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(describeArtifact(path, {})).toEqual({
      type: 'artifact',
      path,
      kind: 'image',
      name: 'plot.png',
      size: 3,
      checksum,
      upload: 'reference',
    });
    expect(describeArtifact(path, { upload: 'inline', kind: 'figure' })).toMatchObject({
      kind: 'figure',
      upload: 'inline',
      content: 'YWJj',
    });
  });

  it('is one too when it is missing, a folder, or too large to send', () => {
    expect(describeArtifact(join(folder, 'gone.pt'), {})).toMatchObject({ kind: 'model', upload: 'reference' });
    expect(describeArtifact(folder, { upload: 'inline' })).toMatchObject({ kind: 'other', upload: 'reference' });
    writeFileSync(join(folder, 'big'), Buffer.alloc(600_000));
    expect(describeArtifact(join(folder, 'big'), { upload: 'inline' })).toMatchObject({ size: 600_000, upload: 'reference' });
  });
});
