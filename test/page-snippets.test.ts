// Every line of Python that the page shows runs as it stands, says nothing, and records what the page says it does.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { XTrack } from '../src/index.js';
import { SNIPPETS } from '../web/src/components/snippets.js';
import { PYTHON, PYTHON_PACKAGE } from './support/control-plane.js';

const WEB = join(import.meta.dirname, '..', 'web', 'src');

/** What a script around a snippet has. */
const BEFORE = `
import xtrack
loss, step, image = 0.5, 3, [[0, 255], [255, 0]]
open("model.pt", "wb").write(b"weights")
`;

/** The type of an event that must come of it. */
const RECORDS: Readonly<Record<keyof typeof SNIPPETS, string>> = {
  firstRun: 'metric_batch',
  experiment: 'run_start',
  log: 'metric_batch',
  params: 'param',
  checkpoint: 'checkpoint',
  line: 'log',
  artifact: 'artifact',
  image: 'artifact',
  show: 'run_start',
};

describe('the Python that the page shows', () => {
  let folder: string;
  let xtrack: XTrack;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'xt-snippets-'));
    xtrack = await XTrack.start({ store: 'memory' });
  });

  afterAll(async () => {
    await xtrack.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(Object.entries(SNIPPETS))('%s runs as it stands', async (name, snippet) => {
    const file = join(folder, `${name}.xtrack`);
    const begins = snippet.includes('xtrack.init(');
    const script = `${BEFORE}\n${begins ? '' : `run = xtrack.init(run_id="snippet-${name}")\n`}${snippet}\n`;
    writeFileSync(join(folder, `${name}.py`), script);
    const { status, stderr } = spawnSync(PYTHON, [`${name}.py`], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, PYTHONPATH: PYTHON_PACKAGE, XTRACK_DATA: folder, XTRACK_TRANSPORT: 'file', XTRACK_FILE: file },
    });
    // No server runs here: `show` says how to start one.
    expect({ status, stderr: name === 'show' ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    const body = readFileSync(file);
    expect(await xtrack.ingest(body, { format: 'frames', mayWrite: () => true })).toMatchObject({ refused: [] });
    expect(body.toString('latin1')).toContain(`"t":"${RECORDS[name as keyof typeof SNIPPETS]}"`);
  });

  it('stands in one place: nothing else in the page shows Python', () => {
    const sources = readdirSync(WEB, { recursive: true, encoding: 'utf8' }).filter((path) => /\.tsx$/.test(path));
    const other = sources.filter((path) =>
      /<code>\s*(run|xtrack)\.|import xtrack|\brun\.log\w*\(/.test(readFileSync(join(WEB, path), 'utf8')),
    );
    expect(other).toEqual([]);
  });
});
