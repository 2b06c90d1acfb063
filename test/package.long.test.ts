// What users install: the packed package in an empty project, under the oldest and a newer Node, and the wheel in an empty environment beside it.

import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Started } from './cli-harness.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PYTHON = process.env.XTRACK_PYTHON ?? 'python3';
/** The Node of these tests, and one that is newer or older: one of them without better-sqlite3 that is compiled. */
const NODES = ['20', '24'];

const USER = `
import { XTrack, XTrackError, type Run } from 'xtrack';
import { startRun } from 'xtrack/emitter';
import { FrameDecoder } from 'xtrack/protocol';
import { storeContract } from 'xtrack/testing';
import { xtrackPlugin } from 'xtrack/server';
import { openPostgresStore } from 'xtrack/storage/postgres';

export async function use(): Promise<Run[]> {
  const xtrack = await XTrack.start({ directory: 'data' });
  // @ts-expect-error: types are checked, not any
  await XTrack.start({ directory: 5 });
  const run = startRun({ name: 'typed' });
  run.logMetric('loss', 1);
  // @ts-expect-error: types are checked, not any
  run.logMetric(1, 'loss');
  console.log(XTrackError, FrameDecoder, storeContract, xtrackPlugin, openPostgresStore);
  return await xtrack.listRuns();
}
`;

const TRAINING = `
import sys, xtrack
assert "site-packages" in xtrack.__file__, xtrack.__file__
with xtrack.Tracker().start_run(name="from the wheel", params={"lr": 0.1}) as run:
    for step in range(100):
        run.log_metric("loss", 1 / (step + 1), step=step)
`;

let home: string;
let project: string;
let python: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'xtrack-package-'));
  project = join(home, 'project');
  python = makeEnvironment();
  makeProject();
}, 600_000);

afterAll(() => rmSync(home, { recursive: true, force: true }));

function must(command: string, args: readonly string[], cwd: string, env: Record<string, string> = {}): SpawnSyncReturns<string> {
  const done = spawnSync(command, args, { cwd, encoding: 'utf8', env: { ...process.env, ...env } });
  if (done.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${done.error ?? ''}${done.stdout}${done.stderr}`);
  return done;
}

function makeProject(): void {
  mkdirSync(project);
  must('npm', ['pack', '--silent', '--pack-destination', home], ROOT);
  const [packed = ''] = readdirSync(home).filter((name) => name.endsWith('.tgz'));
  writeFileSync(join(project, 'package.json'), '{ "name": "project", "private": true, "type": "module" }');
  // Without install scripts: to compile better-sqlite3 once more takes minutes.
  must('npm', ['install', '--silent', '--ignore-scripts', '--prefer-offline', join(home, packed)], project);
}

/** Puts better-sqlite3 as it was compiled for the clone in its place; a Node that brings SQLite needs none. */
function takeCompiled(): void {
  const compiled = join('node_modules', 'better-sqlite3', 'build');
  if (existsSync(join(ROOT, compiled))) cpSync(join(ROOT, compiled), join(project, compiled), { recursive: true });
}

/** The wheel, alone. Returns the interpreter. */
function makeEnvironment(): string {
  const source = join(home, 'python');
  for (const part of ['pyproject.toml', 'README.md', 'xtrack']) cpSync(join(ROOT, 'python', part), join(source, part), { recursive: true });
  const environment = join(home, 'environment');
  must(PYTHON, ['-m', 'venv', environment], home);
  const own = join(environment, 'bin', 'python');
  const pip = ['-m', 'pip', '--quiet', '--disable-pip-version-check'];
  must(own, [...pip, 'wheel', '--no-deps', '--wheel-dir', join(home, 'wheels'), source], home);
  const [wheel = ''] = readdirSync(join(home, 'wheels'));
  expect(wheel).toMatch(/^xtrack_ml-[\d.]+-py3-none-any\.whl$/);
  must(own, [...pip, 'install', '--no-index', join(home, 'wheels', wheel)], home);
  return own;
}

/** The folder of that Node's binary. */
async function folderOf(major: string): Promise<string> {
  if (process.versions.node.startsWith(`${major}.`)) return dirname(process.execPath);
  const { otherNode } = (await import(pathToFileURL(join(ROOT, 'bootstrap', 'nodes.mjs')).href)) as {
    otherNode(major: string, say: (text: string) => void): { readonly node?: string; readonly why?: string };
  };
  const { node, why } = otherNode(major, () => undefined);
  if (node === undefined) throw new Error(why);
  return dirname(node);
}

describe.each(NODES)('the packed package under Node %s', (major) => {
  it('serves, and keeps what the wheel tracks', async () => {
    const PATH = [await folderOf(major), process.env.PATH].join(delimiter);
    const env = { XTRACK_DATA: join(home, `data-${major}`), PATH, XTRACK_SQLITE: '' };
    takeCompiled();
    expect(must('node', ['--version'], project, env).stdout).toMatch(new RegExp(`^v${major}\\.`));
    // As `npx xtrack` does, in a process that can be told to end.
    const server = new Started(
      join(project, 'node_modules', '.bin', 'xtrack'),
      ['serve', '--json', '--port', '0', '--http-port', '0'],
      env,
    );
    try {
      await server.says(/\}\n/);
      const { http } = JSON.parse(server.stdout) as { http: { url: string } };
      const page = await fetch(http.url);
      expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
      expect(await page.text()).toContain('<script');
      must(python, ['-c', TRAINING], home, { XTRACK_DATA: env.XTRACK_DATA, PYTHONPATH: '' });
      const shown = JSON.parse(must('npx', ['xtrack', 'show', 'latest', '--json'], project, env).stdout);
      expect(shown).toMatchObject({ name: 'from the wheel', status: 'completed' });
      const points = JSON.parse(must('npx', ['xtrack', 'metrics', 'latest', 'loss', '--json'], project, env).stdout);
      expect(JSON.stringify(points)).toContain('0.01');
    } finally {
      server.child.kill('SIGTERM');
    }
    expect(await server.ended).toMatchObject({ code: 0, stderr: expect.not.stringMatching(/warning/i) });
  });
});

describe.each([
  ['node16', 'node16'],
  ['esnext', 'bundler'],
])('a project of %s modules, resolved as %s does', (module, moduleResolution) => {
  it('has the types of every entry, without skipLibCheck', () => {
    const types = join(project, 'node_modules', '@types');
    mkdirSync(types, { recursive: true });
    for (const [from, to] of [
      ['@types/node', join(types, 'node')],
      ['undici-types', join(project, 'node_modules', 'undici-types')],
      ['vitest', join(project, 'node_modules', 'vitest')],
      ['fast-check', join(project, 'node_modules', 'fast-check')],
    ] as const)
      if (!existsSync(to)) symlinkSync(join(ROOT, 'node_modules', from), to);
    const compilerOptions = { strict: true, noEmit: true, target: 'es2022', lib: ['es2023'], module, moduleResolution, types: ['node'] };
    writeFileSync(join(project, 'user.ts'), USER);
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['user.ts'] }));
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.json'], { cwd: project, encoding: 'utf8' });
    expect([status, stdout]).toEqual([0, '']);
  });
});

it('is as a package should be', async () => {
  const { messages } = await publint({ pkgDir: join(project, 'node_modules', 'xtrack'), pack: false, strict: true });
  expect(messages).toEqual([]);
});
