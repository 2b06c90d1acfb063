import { parquetReadObjects } from 'hyparquet';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Api } from '../../../../test/support/api.js';

let api: Api;

beforeEach(async () => {
  api = await Api.open({ store: 'sqlite' });
  await api.feed('r', [
    { type: 'run_start', name: '../=evil "run"\r\n', tags: { t: '=cmd()' } },
    { type: 'param', key: 'lr', value: '=HYPERLINK("x")' },
    ...Array.from({ length: 20_000 }, (_, at) => ({ type: 'metric' as const, key: at % 2 === 0 ? 'loss' : 'acc', value: at, step: at })),
    { type: 'log', level: 'info', message: '+1' },
  ]);
});

afterEach(() => api.close());

describe('a run as a file', () => {
  it('is a table whose cells no spreadsheet takes for formulas, under a harmless name', async () => {
    const { text, headers, status } = await api.get('/runs/r/export?what=params&format=csv');
    expect([status, text]).toEqual([200, `run_id,key,value\nr,lr,"'=HYPERLINK(""x"")"\n`]);
    expect(headers['content-disposition']).toBe(`attachment; filename="=evil run-params.csv"; filename*=UTF-8''%3Devil%20run-params.csv`);
    expect(headers['content-type']).toContain('text/csv');
    expect((await api.get('/runs/r/export?what=tags&format=csv')).text).toContain("'=cmd()");
    expect((await api.get('/runs/r/export?what=logs&format=jsonl')).text).toContain('"message":"+1"');
  });

  it('streams every point, or those of one metric', async () => {
    expect((await api.get('/runs/r/export?what=metrics&format=csv')).text.trimEnd().split('\n')).toHaveLength(20_001);
    expect((await api.get('/runs/r/export?what=metrics&format=jsonl&key=loss')).text.trimEnd().split('\n')).toHaveLength(10_000);
    const { bytes } = await api.get('/runs/r/export?what=metrics&format=parquet&key=acc');
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    expect(await parquetReadObjects({ file })).toHaveLength(10_000);
  });

  it('is its event log byte for byte', async () => {
    const parts: Uint8Array[] = [];
    for await (const part of api.xtrack.exportRun('r')) parts.push(part);
    const { bytes, headers } = await api.get('/runs/r/export?format=xtrack');
    expect(bytes.equals(Buffer.concat(parts))).toBe(true);
    expect(headers['content-disposition']).toContain('filename="=evil run.xtrack"');
  });

  it('says what it needs to know', async () => {
    expect((await api.get('/runs/r/export?format=csv')).json).toMatchObject({ status: 400, code: 'XT_ARGUMENT', field: 'what' });
    expect((await api.get('/runs/r/export?what=metrics&format=csv')).status).toBe(200);
    for (const query of ['', '?format=exe&what=metrics', '?format=csv&what=secrets'])
      expect((await api.get(`/runs/r/export${query}`)).status).toBe(400);
  });
});
