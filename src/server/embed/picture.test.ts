import { beforeAll, describe, expect, it } from 'vitest';
import { RunReader } from '../../query/run-reader.js';
import { openMemoryStore } from '../../storage/memory/store.js';
import { LongSeries } from '../../testing/long-series.js';
import { SampleRun, sampleRecord } from '../../testing/sample-run.js';
import { runPicture } from './picture.js';

const HOSTILE = `</text><script>alert(1)</script>&"'\u0001\ud800 ]]> <!--`;

let reader: RunReader;

beforeAll(async () => {
  const store = await openMemoryStore();
  const run = new SampleRun('r');
  for (let seq = 1; seq <= 50; seq++)
    run.metric({ seq, step: seq, key: HOSTILE, value: seq === 20 ? Number.NaN : 1 / seq, worker: seq % 2 === 0 ? HOSTILE : '' });
  run.metric({ seq: 60, key: 'nan', value: Number.NaN }).metric({ seq: 61, key: 'one', step: 7, value: 3 });
  await store.commit(run.take({ runs: [sampleRecord('r', { name: HOSTILE })] }));
  const spike = new LongSeries('long', 'a', 1, (step) => (step === 70_001 ? 1_000 : 0));
  await store.commit(spike.take(Array.from({ length: 100_000 }, (_, at) => at + 1)));
  reader = new RunReader(store);
});

async function svgOf(runId: string, key: string, options = {}): Promise<string> {
  const url = await runPicture(reader, runId, key, options);
  const head = 'data:image/svg+xml;base64,';
  expect(url.startsWith(head)).toBe(true);
  return Buffer.from(url.slice(head.length), 'base64').toString('utf8');
}

/** Every tag in order; fails where the text is not well-formed XML of quoted attributes and known entities. */
function tagsOf(svg: string): string[] {
  const open: string[] = [];
  const names: string[] = [];
  let at = 0;
  const token = /<(\/?)([a-z]+)((?: [a-zA-Z0-9-]+="[^"<]*")*) *(\/?)>|(?:[^<>&"]|"|&(?:amp|lt|gt|quot|#39);)+/gy;
  for (let match = token.exec(svg); match !== null; match = token.exec(svg)) {
    at = token.lastIndex;
    const [, closes, name, , single] = match;
    if (name === undefined) continue;
    if (closes === '/') expect(open.pop()).toBe(name);
    else names.push(name);
    if (closes === '' && single === '') open.push(name);
  }
  expect(at, svg.slice(at, at + 80)).toBe(svg.length);
  expect(open).toEqual([]);
  return names;
}

describe('a picture', () => {
  it('is well-formed and holds nothing but shapes and text, whatever the run is called', async () => {
    const svg = await svgOf('r', HOSTILE);
    expect(new Set(tagsOf(svg))).toEqual(new Set(['svg', 'title', 'rect', 'text', 'tspan', 'line', 'polyline']));
    expect(svg).toContain('&lt;script&gt;');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('shows a spike that one of 100,000 points is, as a band', async () => {
    const svg = await svgOf('long', 'loss', { width: 400, height: 200 });
    const [, band = ''] = /<polygon points="([^"]*)"/.exec(svg) ?? [];
    const heights = band.split(' ').map((point) => Number(point.split(',')[1]));
    expect(Math.min(...heights)).toBe(36);
    expect(Math.max(...heights)).toBe(160);
    expect(svg.length).toBeLessThan(60_000);
  });

  it('is as large as it was asked to be, in the theme', async () => {
    const svg = await svgOf('r', 'one', { width: 200, height: 150, theme: 'dark' });
    expect(svg).toContain('width="200" height="150" viewBox="0 0 200 150"');
    expect(svg).toContain('#0d1117');
    expect(tagsOf(svg)).toContain('polyline');
  });

  it('says so where there is nothing to draw', async () => {
    expect(await svgOf('r', 'nan')).toContain('no finite value');
  });

  it.each([
    [{ width: 119 }, 'width'],
    [{ height: 4_001 }, 'height'],
    [{ width: Number.NaN }, 'width'],
  ])('refuses %j', async (options, field) => {
    await expect(runPicture(reader, 'r', 'one', options)).rejects.toMatchObject({ code: 'XT_ARGUMENT', field });
  });

  it('needs the run and the metric', async () => {
    await expect(runPicture(reader, 'nobody', 'one')).rejects.toMatchObject({ code: 'XT_RUN_NOT_FOUND' });
    await expect(runPicture(reader, 'r', 'nothing')).rejects.toMatchObject({ code: 'XT_METRIC_NOT_FOUND' });
  });
});
