// What the Python package records is shown as what it is: a picture, a table, a histogram, a sound, a text, never a page.

import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Api } from './support/api.js';
import { PYTHON, PYTHON_PACKAGE } from './support/control-plane.js';

const SCRIPT = `
import xtrack
with xtrack.Tracker().start_run() as run:
    run.log_image("image", [[0, 255], [255, 0]], step=1)
    run.log_table("table", [{"id": 7, "label": "cat", "seen": float("nan")}], step=1)
    run.log_histogram("histogram", [0.1, 0.2, 0.2, 0.9, float("inf")], step=1, bins=4)
    run.log_audio("audio", [0.0, 0.5, -0.5], step=1, sample_rate=8000)
    run.log_text("text", "caf\\u00e9", step=1)
    run.log_html("page", "<script>alert(1)</script>", step=1)
`;

let api: Api;

beforeEach(async () => {
  api = await Api.open({ store: 'sqlite' });
});

afterEach(() => api.close());

it('comes from a training and is looked at over HTTP', async () => {
  const env = { PYTHONPATH: PYTHON_PACKAGE };
  const { runId } = await api.xtrack.startRun({ command: PYTHON, args: ['-c', SCRIPT], env, systemMetrics: false });
  expect(await api.xtrack.waitForRun(runId)).toMatchObject({ status: 'completed' });
  const previews: Record<string, Record<string, unknown>> = {};
  for (const { id, name, available } of (await api.get(`/runs/${runId}/artifacts`)).json) {
    expect(available).toBe(true);
    previews[name] = (await api.get(`/runs/${runId}/artifacts/${id}/preview`)).json;
  }
  expect(previews).toMatchObject({
    image: { kind: 'image', truncated: false },
    table: { kind: 'table', columns: ['id', 'label', 'seen'], rows: [[7, 'cat', 'NaN']] },
    histogram: { kind: 'histogram' },
    audio: { kind: 'audio' },
    text: { kind: 'text', text: 'café' },
    page: { kind: 'text', text: '<script>alert(1)</script>' },
  });
  const picture = await api.get(String(previews.image?.url).replace('/api/v1', ''));
  expect(picture.headers['content-type']).toBe('image/png');
  const { counts, bins } = JSON.parse(String(previews.histogram?.text)) as { counts: number[]; bins: number[] };
  expect([counts.length, bins.length]).toEqual([4, 5]);
});

it('is shown where it was too large for an event and lies beside the data, though the operator named no folder (SEC-1)', async () => {
  const long =
    'import xtrack\nwith xtrack.Tracker().start_run() as run:\n    run.log_audio("long", [0.0, 0.5] * 1_000_000, sample_rate=8000)';
  const env = { PYTHONPATH: PYTHON_PACKAGE, XTRACK_DATA: api.xtrack.directory as string };
  const { runId } = await api.xtrack.startRun({ command: PYTHON, args: ['-c', long], env, systemMetrics: false });
  expect(await api.xtrack.waitForRun(runId)).toMatchObject({ status: 'completed' });
  const [{ id, path, available }] = (await api.get(`/runs/${runId}/artifacts`)).json;
  expect([path.startsWith(join(api.xtrack.directory as string, 'media')), available]).toEqual([true, true]);
  const { kind, url } = (await api.get(`/runs/${runId}/artifacts/${id}/preview`)).json;
  expect(kind).toBe('audio');
  const sound = await api.get(url.replace('/api/v1', ''));
  expect([sound.headers['content-type'], sound.bytes.length]).toEqual(['audio/wav', 4_000_044]);
});
