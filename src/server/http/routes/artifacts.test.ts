import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Api, type EventBody } from '../../../../test/support/api.js';

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');

let api: Api;
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'xtrack-root-'));
  api = await Api.open({ artifactRoots: [root] });
});

afterEach(async () => {
  await api.close();
  await rm(root, { recursive: true, force: true });
});

const inline = (name: string, content: string | Buffer, metadata?: Record<string, string>): EventBody => ({
  type: 'artifact',
  path: `media/${name}`,
  kind: 'data',
  name,
  upload: 'inline',
  content: Buffer.from(content).toString('base64'),
  ...(metadata && { metadata }),
});

const reference = (path: string): EventBody => ({ type: 'artifact', path, kind: 'model', upload: 'reference' });

/** Records one artifact and gives the address of it. */
async function record(body: EventBody): Promise<string> {
  await api.feed('r', [body]);
  const { json } = await api.get('/runs/r/artifacts');
  return `/runs/r/artifacts/${json.at(-1).id}`;
}

describe('the list of artifacts', () => {
  it('tells what was recorded, and which can be had here', async () => {
    await writeFile(join(root, 'model.pt'), 'weights');
    await api.feed('r', [
      { ...inline('a.json', '{}', { mime: 'application/json' }), step: 3, size: 2, checksum: 'sha256:00' } as EventBody,
      reference(join(root, 'model.pt')),
      reference(join(root, 'gone.pt')),
      reference('/etc/hostname'),
      reference('relative.pt'),
      { type: 'artifact', path: 's.bin', kind: 'data', upload: 'stream' },
    ]);
    const { json } = await api.get('/runs/r/artifacts');
    expect(json.map(({ available }: { available: boolean }) => available)).toEqual([true, true, false, false, false, false]);
    expect(json[0]).toEqual({
      id: expect.stringMatching(/^0-[0-9a-f]{16}$/),
      path: 'media/a.json',
      kind: 'data',
      name: 'a.json',
      size: 2,
      checksum: 'sha256:00',
      step: 3,
      metadata: { mime: 'application/json' },
      ts: expect.any(Number),
      available: true,
      mime: 'application/json',
    });
    expect(JSON.stringify(json)).not.toContain(Buffer.from('{}').toString('base64'));
  });

  it('serves no file where the operator named no folder', async () => {
    const bare = await Api.open();
    try {
      await writeFile(join(root, 'model.pt'), 'weights');
      await bare.feed('r', [reference(join(root, 'model.pt'))]);
      const [item] = (await bare.get('/runs/r/artifacts')).json;
      expect(item.available).toBe(false);
      expect((await bare.get(`/runs/r/artifacts/${item.id}/content`)).status).toBe(404);
      expect((await bare.get(`/runs/r/artifacts/${item.id}/preview`)).json).toMatchObject({ kind: 'none', reason: expect.any(String) });
    } finally {
      await bare.close();
    }
  });
});

describe('the bytes of an artifact', () => {
  it('are a download that no browser takes for a page', async () => {
    const address = await record(inline('e"vil\r\n.html', '<script>alert(1)</script>', { mime: 'text/html' }));
    for (const query of ['', '?inline=1']) {
      const { status, headers, text } = await api.get(`${address}/content${query}`);
      expect([status, text]).toEqual([200, '<script>alert(1)</script>']);
      expect(headers).toMatchObject({
        'content-type': 'application/octet-stream',
        'content-disposition': `attachment; filename="evil.html"; filename*=UTF-8''evil.html`,
        'content-security-policy': "default-src 'none'; sandbox",
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'same-origin',
      });
    }
  });

  it('are shown in place where they are a picture or a sound, whatever they are called', async () => {
    const picture = await record(inline('a.html', PNG));
    expect((await api.get(`${picture}/content?inline=1`)).headers).toMatchObject({
      'content-type': 'image/png',
      'content-disposition': expect.stringMatching(/^inline;/),
      'content-security-policy': "default-src 'none'; sandbox",
    });
    expect((await api.get(`${picture}/content`)).headers['content-disposition']).toMatch(/^attachment;/);
    const drawing = await record(inline('a.png', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', { mime: 'image/png' }));
    expect((await api.get(`${drawing}/content?inline=1`)).headers['content-type']).toBe('application/octet-stream');
  });

  it('come in parts, from events and from files alike', async () => {
    await writeFile(join(root, 'digits.bin'), '0123456789');
    for (const address of [await record(inline('digits.bin', '0123456789')), await record(reference(join(root, 'digits.bin')))]) {
      const part = await api.get(`${address}/content`, { range: 'bytes=2-4' });
      expect([part.status, part.text, part.headers['content-range'], part.headers['content-length']]).toEqual([
        206,
        '234',
        'bytes 2-4/10',
        '3',
      ]);
      expect((await api.get(`${address}/content`, { range: 'bytes=-2' })).text).toBe('89');
      const beyond = await api.get(`${address}/content`, { range: 'bytes=10-' });
      expect([beyond.status, beyond.headers['content-range']]).toEqual([416, 'bytes */10']);
      const tag = String(part.headers.etag);
      expect((await api.get(`${address}/content`, { range: 'bytes=2-4', 'if-range': tag })).status).toBe(206);
      expect((await api.get(`${address}/content`, { range: 'bytes=2-4', 'if-range': '"other"' })).text).toBe('0123456789');
      expect((await api.get(`${address}/content`, { 'if-none-match': tag })).status).toBe(304);
      const head = await api.app.inject({ method: 'HEAD', url: `/api/v1${address}/content` });
      expect([head.statusCode, head.headers['content-length'], head.body]).toEqual([200, '10', '']);
    }
  });

  it('may be none, or many', async () => {
    await writeFile(join(root, 'empty'), '');
    await writeFile(join(root, 'large'), Buffer.alloc(3_000_000, 'x'));
    expect((await api.get(`${await record(reference(join(root, 'empty')))}/content`)).bytes).toHaveLength(0);
    expect((await api.get(`${await record(reference(join(root, 'large')))}/content`)).bytes).toHaveLength(3_000_000);
  });

  it('are those of the run that they were recorded in', async () => {
    const address = await record(inline('a', 'secret'));
    await api.feed('other', [inline('b', 'other')]);
    expect((await api.get(address.replace('/r/', '/other/'))).status).toBe(404);
    expect((await api.get(`${address.replace('/r/', '/other/')}/content`)).json).toMatchObject({ code: 'XT_NOT_FOUND' });
  });
});

describe('a look into an artifact', () => {
  const preview = async (body: EventBody) => (await api.get(`${await record(body)}/preview`)).json;

  it('is a picture or a sound by its address', async () => {
    const address = await record(inline('a', PNG));
    const shown = (await api.get(`${address}/preview`)).json;
    expect(shown).toEqual({ kind: 'image', url: `/api/v1${address}/content?inline=1`, truncated: false });
    expect((await api.get(shown.url.replace('/api/v1', ''))).headers['content-type']).toBe('image/png');
    expect(await preview(inline('a', 'RIFF....WAVE'))).toMatchObject({ kind: 'audio' });
  });

  it('is a text, cut at 256 KiB without breaking a character', async () => {
    expect(await preview(inline('a.txt', 'häll\x1b[31mo'))).toEqual({ kind: 'text', text: 'häll\x1b[31mo', truncated: false });
    const long = await preview(inline('a.txt', `x${'é'.repeat(200_000)}`));
    expect([long.truncated, long.text.length, long.text.endsWith('é')]).toEqual([true, 1 + 131_071, true]);
    expect(await preview(inline('page.html', '<b>hi</b>'))).toMatchObject({ kind: 'text', text: '<b>hi</b>' });
  });

  it('is JSON, a table or a histogram as Python records them', async () => {
    expect((await preview(inline('a.log', 'red\r50%\r100%\nback\bspace\x07'))).kind).toBe('text');
    expect((await preview(inline('b.bin', 'a\0b'))).kind).toBe('none');
    expect(await preview(inline('a.json', '{"a": [1]}'))).toEqual({ kind: 'json', text: '{"a": [1]}', truncated: false });
    expect(await preview(inline('h.json', '{"counts":[1],"bins":[0,1]}', { media: 'histogram', mime: 'application/json' }))).toMatchObject({
      kind: 'histogram',
    });
    const picture = { media: 'image', mime: 'image/png', size: 4, content: 'AAAA' };
    const table = {
      columns: [
        { name: 'id', type: 'number' },
        { name: 'seen', type: 'image' },
      ],
      rows: [[7, picture]],
      omitted: 3,
    };
    expect(await preview(inline('t.json', JSON.stringify(table), { media: 'table' }))).toEqual({
      kind: 'table',
      columns: ['id', 'seen'],
      rows: [[7, { media: 'image', mime: 'image/png', size: 4 }]],
      truncated: true,
    });
    expect(await preview(inline('a.json', '{"a": '))).toMatchObject({ kind: 'text', text: '{"a": ' });
    await writeFile(join(root, 'large.json'), JSON.stringify({ columns: ['a'], rows: Array.from({ length: 100_000 }, (_, at) => [at]) }));
    const large = await preview(reference(join(root, 'large.json')));
    expect([large.kind, large.rows.length, large.truncated]).toEqual(['table', 200, true]);
    const names = Array.from({ length: 2_000 }, (_, at) => `c${at}`).join(',');
    const wide = await preview(inline('wide.csv', `${names}\n${names}\n`));
    expect([wide.columns.length, wide.truncated, wide.columnsInAll]).toEqual([1_000, true, 2_000]);
  });

  it('is the first 200 rows of a CSV', async () => {
    const rows = Array.from({ length: 300 }, (_, at) => `${at},"x,${at}"`).join('\n');
    const shown = await preview(inline('a.csv', `n,text\n${rows}\n`));
    expect([shown.kind, shown.columns, shown.rows.length, shown.rows[199], shown.truncated]).toEqual([
      'table',
      ['n', 'text'],
      200,
      ['199', 'x,199'],
      true,
    ]);
  });

  it('is nothing where there is nothing to see', async () => {
    expect(await preview(inline('a.bin', Buffer.from([0, 1, 2])))).toMatchObject({ kind: 'none', reason: expect.any(String) });
    expect(await preview(inline('a.txt', Buffer.from([0xff, 0xfe])))).toMatchObject({ kind: 'none' });
    await mkdir(join(root, 'folder'));
    expect(await preview(reference(join(root, 'folder')))).toMatchObject({ kind: 'none' });
  });
});
