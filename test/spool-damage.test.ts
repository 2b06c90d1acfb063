// Row 59: a spool file with flipped bits. What is whole is taken, what was altered never is, and the file is kept for inspection.

import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { streamFile, XTrack } from '../src/index.js';
import { PYTHON, PYTHON_PACKAGE } from './support/control-plane.js';

const EVENTS = 12;
const SCRIPT = `
from xtrack import Tracker
with Tracker(transport="unix", flush_timeout=0).start_run(run_id="r1") as run:
    for step in range(${EVENTS}):
        run.log_metric("loss", 0.5, step=step)
`;

let origin: string;
let original: string;
let directory: string | undefined;

beforeAll(async () => {
  origin = await mkdtemp(join(tmpdir(), 'xtrack-damage-'));
  const env = { ...process.env, PYTHONPATH: PYTHON_PACKAGE, XTRACK_DATA: origin };
  expect(spawnSync(PYTHON, ['-c', SCRIPT], { env, encoding: 'utf8' }).stderr).toContain('npx xtrack replay');
  const [name] = (await readdir(join(origin, 'spool'))).filter((each) => each.endsWith('.spool'));
  original = join(origin, 'spool', name as string);
});

afterAll(async () => {
  await rm(origin, { recursive: true, force: true });
});

afterEach(async () => {
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  directory = undefined;
});

/** A copy of the spool file and its sidecar in a fresh data directory. */
async function copy(): Promise<{ spool: string; data: string }> {
  directory = await mkdtemp(join(tmpdir(), 'xtrack-damage-'));
  await mkdir(join(directory, 'spool'));
  const spool = join(directory, 'spool', basename(original));
  await copyFile(original, spool);
  await copyFile(original.replace('.spool', '.crc'), spool.replace('.spool', '.crc'));
  return { spool, data: directory };
}

/** The frames of the events in it, as text, and how many places are reported as damaged. */
async function contents(path: string): Promise<{ events: string[]; damaged: number }> {
  const events: string[] = [];
  let damaged = 0;
  for await (const item of streamFile(path)) {
    if (item.kind === 'message' && 'seq' in item.message) events.push(Buffer.from(item.bytes).toString('latin1'));
    if (item.kind === 'skipped') damaged += 1;
  }
  return { events, damaged };
}

/** [start, end) of each event's frame in the file. */
function frames(bytes: Buffer): [number, number][] {
  const found: [number, number][] = [];
  for (let at = 4096; at + 4 <= bytes.length; at = (found.at(-1) as [number, number])[1]) found.push([at, at + 4 + bytes.readUInt32BE(at)]);
  return found;
}

describe('row 59: a flipped bit in a spool file', () => {
  it('costs at most the record it is in, whichever byte it is', async () => {
    const { spool } = await copy();
    const bytes = await readFile(spool);
    const places = frames(bytes);
    const whole = (await contents(spool)).events;
    expect(whole).toHaveLength(places.length);
    for (let at = 0; at < bytes.length; at += at > 700 && at < 4096 ? 97 : 1) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] as number) ^ (1 << (at % 8));
      await writeFile(spool, flipped);
      const hit = places.findIndex(([start, end]) => start <= at && at < end);
      const { events, damaged } = await contents(spool);
      expect([at, events]).toEqual([at, whole.filter((_, index) => index !== hit)]);
      expect([at, damaged]).toEqual([at, hit < 0 ? 0 : 1]);
    }
  });

  it('in a stretch of several records costs those and no others', async () => {
    const { spool } = await copy();
    const bytes = await readFile(spool);
    const places = frames(bytes);
    const whole = (await contents(spool)).events;
    bytes.fill(0, (places[3] as [number, number])[0] + 2, (places[5] as [number, number])[0] + 9);
    await writeFile(spool, bytes);
    expect(await contents(spool)).toEqual({ events: whole.filter((_, index) => index < 3 || index > 5), damaged: 1 });
  });

  it('is a warning, a dead letter and a gap on the run; the file is kept in damaged/ and not tried again', async () => {
    const { spool, data } = await copy();
    const bytes = await readFile(spool);
    const [start] = frames(bytes)[5] as [number, number];
    bytes.write('9', bytes.indexOf('0.5', start));
    await writeFile(spool, bytes);
    const xtrack = await XTrack.start({ directory: data });
    try {
      expect(await xtrack.getWarnings('r1')).toMatchObject([{ code: 'XT_SPOOL_DAMAGED' }]);
      const [series] = await xtrack.getMetrics('r1', 'loss');
      expect(series?.kind === 'points' && [...series.value]).toEqual(Array.from({ length: EVENTS - 1 }, () => 0.5));
      expect(await xtrack.getGaps('r1')).toMatchObject([{ from: 6, to: 6 }]);
    } finally {
      await xtrack.close();
    }
    expect(await readdir(join(data, 'spool'))).toEqual(['damaged']);
    expect((await readdir(join(data, 'spool', 'damaged'))).map((name) => name.replace(/.*\./, ''))).toEqual(['crc', 'spool']);
  });

  it('keeps no more than the 16 newest damaged files', async () => {
    const { spool, data } = await copy();
    await mkdir(join(data, 'spool', 'damaged'));
    for (let n = 0; n < 20; n += 1) {
      const path = join(data, 'spool', 'damaged', `old-${n}.spool`);
      await writeFile(path, '');
      await utimes(path, n, n);
    }
    const bytes = await readFile(spool);
    bytes.write('9', bytes.indexOf('0.5'));
    await writeFile(spool, bytes);
    await (await XTrack.start({ directory: data })).close();
    const kept = (await readdir(join(data, 'spool', 'damaged'))).filter((name) => name.endsWith('.spool'));
    expect(kept).toHaveLength(16);
    expect(kept).toContain(basename(spool));
    expect(kept).not.toContain('old-4.spool');
  });

  it('of its checksums alone leaves the events as they are', async () => {
    const { spool } = await copy();
    const whole = (await contents(spool)).events;
    await writeFile(spool.replace('.spool', '.crc'), 'no checksums');
    expect((await contents(spool)).events).toEqual(whole);
  });
});
