// Makes a fresh clone work with Node and Python alone: installs, builds, then starts, tests, checks or measures.
// It runs before anything is installed, so it is plain JavaScript and imports nothing but Node.

import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { bringsSqlite, loadsBetterSqlite, NODE_TESTS, NODES, otherNode } from './bootstrap/nodes.mjs';
import { withScratch } from './bootstrap/scratch.mjs';
import { mergeResults, readTestFile, reportTests, UNITTEST } from './bootstrap/test-report.mjs';
import { files, hash, ROOT, read, readJson } from './bootstrap/tree.mjs';
import { makeEnvironment } from './python/frameworks/environment.mjs';

const CLI = join('dist', 'cli', 'main.js');
/** More tests than this that fail are no accident: they are not tried again. */
const MOST_TRIED_AGAIN = 8;
/** The same plans each time, so that a change is held against what was played before it; by hand a search chooses its own. */
const ROUNDS = ['--rounds', '20', '--seconds', '180', '--parallel', '2', '--seed', '1130605147'];
/** What looks for faults that nobody thought of; part of the long tests. */
const SEARCHES = [
  {
    name: 'simulated schedules',
    script: 'test/simulation/run.mjs',
    words: ['--from', '1', '--count', '100000', '--workers', '2', '--seconds', '240'],
  },
  { name: 'faults with real processes', script: 'test/faults/run.mjs', words: ROUNDS },
];
const USAGE =
  'usage: node bootstrap.mjs start [--once] | test [FILTER…] | long [FILTER…] | nodes [MAJOR…] | frameworks [NAME…] | check | bench [NAME…] | build';

const COMMANDS = { start, test, long, nodes, frameworks, check, bench, build: prepare };

/** Runs what the example shows under the control plane; the flags go to `xtrack demo`. */
async function start(args) {
  const python = findPython();
  await prepare();
  return run(process.execPath, [CLI, 'demo', ...args], { env: { XTRACK_PYTHON: python } });
}

/** Every test but the long ones, both languages, closed by one line of totals. With a filter, only the TypeScript tests that match it. */
async function test(args) {
  const python = findPython();
  await prepare();
  return withScratch(() =>
    withFolder('xtrack-test-', async (folder) => {
      if (args.length > 0) return reportTests([await (await runVitest(folder, args, { XTRACK_PYTHON: python })).again()]);
      // Side by side, since both wait for processes most of the time; what failed has the machine for itself when it is tried again.
      const tried = await Promise.all([runVitest(folder, args, { XTRACK_PYTHON: python }), runPython(folder, python)]);
      const results = [];
      for (const { again } of tried) results.push(await again());
      return reportTests(results);
    }),
  );
}

/** The tests that take minutes: `*.long.test.ts`, and what searches for faults by itself. */
async function long(args) {
  const python = findPython();
  await prepare();
  const results = await withFolder('xtrack-long-', async (folder) => {
    const found = [await (await runVitest(folder, args, { XTRACK_PYTHON: python, XTRACK_TEST_LONG: '1' })).again()];
    for (const { name, script, words } of args.length === 0 ? SEARCHES : []) {
      if (!existsSync(inRoot(script))) continue;
      say(`${name}: node ${[script, ...words].join(' ')}`);
      const code = await run(process.execPath, [script, ...words], { env: { XTRACK_PYTHON: python } });
      found.push({ passed: code === 0 ? 1 : 0, failed: code === 0 ? [] : [{ name, why: `ended with ${code}` }], skipped: [] });
    }
    return found;
  });
  return reportTests(results);
}

/** What stands on Node itself, under each version of it that is supported but this one, which `test` is for; a number chooses. */
async function nodes(args) {
  const python = findPython();
  await prepare();
  const own = process.versions.node.split('.')[0];
  const majors = args.length > 0 ? args : NODES.filter((major) => major !== own);
  return withScratch(() =>
    withFolder('xtrack-nodes-', async (folder) => {
      const results = [];
      for (const major of majors) {
        const { node, why } = otherNode(major, say);
        const name = `Node ${major}`;
        if (node === undefined) results.push({ passed: 0, failed: [], skipped: [`${name} (${why})`] });
        else
          results.push(
            await (await runVitest(folder, NODE_TESTS, { XTRACK_PYTHON: python, XTRACK_CRASH_ROUNDS: '2' }, { node, name })).again(),
          );
      }
      return reportTests(results);
    }),
  );
}

async function withFolder(prefix, use) {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The Python package beside the real libraries, a process for each file of tests; a name keeps the files that contain it. */
async function frameworks(args) {
  const python = findPython();
  await prepare();
  const home = join('python', 'frameworks');
  const named = (file) => args.length === 0 || args.some((name) => file.includes(name));
  const tests = readdirSync(join(ROOT, home)).filter((file) => /^test_.*\.py$/.test(file) && named(file));
  const chosen = process.env.XTRACK_FRAMEWORKS_PYTHON;
  const requirements = join(ROOT, home, 'requirements.txt');
  const { interpreter, missing } = chosen
    ? { interpreter: chosen, missing: [] }
    : makeEnvironment(join(ROOT, '.frameworks'), requirements, python, say);
  return withFolder('xtrack-frameworks-', async (folder) => {
    const results = [];
    for (const file of tests.sort())
      results.push(await runUnittest(join(folder, `${file}.json`), interpreter, { folder: home, files: file }));
    for (const { names, error } of missing) console.log(`\nnot installed: ${names}\n${error}`);
    return reportTests(results);
  });
}

/** Types, lint and format, unused code, Python syntax: all of them, so that one run shows everything that is wrong. */
async function check() {
  const python = findPython();
  await install();
  const cache = mkdtempSync(join(tmpdir(), 'xtrack-check-'));
  const steps = [
    ['types', process.execPath, [tool('typescript', 'tsc'), '-p', 'tsconfig.json']],
    ['types of the dashboard', process.execPath, [tool('typescript', 'tsc'), '-p', 'web/tsconfig.json']],
    ['lint and format', process.execPath, [tool('@biomejs/biome', 'biome'), 'check']],
    ['unused code', process.execPath, [tool('knip', 'knip')]],
    ['Python types', process.execPath, [tool('pyright', 'pyright'), '-p', 'python']],
    ['Python syntax', python, ['-m', 'compileall', '-q', 'python', 'examples'], { PYTHONPYCACHEPREFIX: cache }],
  ];
  const failed = [];
  for (const [name, command, args, env] of steps) {
    say(name);
    if ((await run(command, args, { env })) !== 0) failed.push(name);
  }
  rmSync(cache, { recursive: true, force: true });
  say(failed.length === 0 ? 'all clean' : `not clean: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
}

/** Measures; a name keeps only the benchmarks whose file name contains it. */
async function bench(args) {
  const python = findPython();
  await prepare();
  return run(process.execPath, [join('bench', 'run.mjs'), ...args], { env: { XTRACK_PYTHON: python } });
}

async function prepare() {
  await install();
  await Promise.all([build(), buildDashboard()]);
}

async function install() {
  const lock = join(ROOT, 'package-lock.json');
  const stamp = join(ROOT, 'node_modules', '.xtrack-stamp');
  const wanted = hash([lock]);
  if (read(stamp) === wanted) return;
  const own = bringsSqlite();
  // npm writes this file last, so a newer one means that somebody ran `npm ci` or `npm install` by hand.
  const installed = statSync(join(ROOT, 'node_modules', '.package-lock.json'), { throwIfNoEntry: false });
  if (installed === undefined || installed.mtimeMs < statSync(lock).mtimeMs) {
    say(`installing dependencies${own ? '' : ' (SQLite may have to be compiled: that takes a minute or two)'}`);
    // The one install script among them compiles better-sqlite3.
    await npm('ci', ...(own ? ['--ignore-scripts'] : []));
  }
  if (!own && !loadsBetterSqlite(process.execPath)) {
    say(`compiling SQLite for Node ${process.version}`);
    await npm('rebuild', 'better-sqlite3');
    if (!loadsBetterSqlite(process.execPath))
      throw new Refusal(
        `SQLite could not be compiled for Node ${process.version}: install gcc, g++ and make, or use Node 24.15 or newer, which brings it.`,
      );
  }
  writeFileSync(stamp, wanted);
}

/** With this Node, so that what is compiled is compiled for it. */
async function npm(...words) {
  const path = [dirname(process.execPath), process.env.PATH].filter(Boolean).join(delimiter);
  await must(`npm ${words.join(' ')}`, 'npm', words, { env: { ...nodeHeaders(), PATH: path }, shell: process.platform === 'win32' });
}

async function build() {
  const sources = [
    ...files(join(ROOT, 'src')),
    ...['tsconfig.json', 'tsconfig.build.json', 'package-lock.json', 'bootstrap/bundle.mjs'].map(inRoot),
  ];
  await unlessBuilt(join(ROOT, 'dist', '.xtrack-stamp'), sources, async () => {
    say('building');
    await must('the build', process.execPath, [tool('typescript', 'tsc'), '-p', 'tsconfig.build.json']);
    // What users and the command load is a few files: hundreds of small ones cost more time to find than to run.
    const { bundle } = await import('./bootstrap/bundle.mjs');
    await bundle();
    linkCommand();
  });
}

/** The page takes the search language from src/, so that it is the same on both sides. */
async function buildDashboard() {
  const own = ['web/index.html', 'web/vite.config.ts', 'web/tsconfig.json', 'package-lock.json'].map(inRoot);
  const sources = [
    join(ROOT, 'web', 'src'),
    join(ROOT, 'web', 'public'),
    ...['query', 'protocol', 'storage'].map((room) => join(ROOT, 'src', room)),
  ];
  const all = [...own, ...sources.filter((folder) => existsSync(folder)).flatMap(files)];
  await unlessBuilt(join(ROOT, 'dist', '.xtrack-web-stamp'), all, async () => {
    say('building the dashboard');
    await must('the build of the dashboard', process.execPath, [tool('vite', 'vite'), 'build', 'web', '--logLevel', 'warn']);
  });
}

async function unlessBuilt(stamp, sources, make) {
  const wanted = hash(sources);
  if (read(stamp) === wanted) return;
  rmSync(stamp, { force: true });
  await make();
  writeFileSync(stamp, wanted);
}

function inRoot(name) {
  return join(ROOT, name);
}

/** `npx xtrack` inside the clone finds the built command without a registry. */
function linkCommand() {
  const target = join(ROOT, CLI);
  const link = join(ROOT, 'node_modules', '.bin', 'xtrack');
  if (!existsSync(target) || process.platform === 'win32') return;
  chmodSync(target, 0o755);
  rmSync(link, { force: true });
  symlinkSync(join('..', '..', CLI), link);
}

/** Where Node's own headers lie beside it, a native module compiles with no download. */
function nodeHeaders() {
  const prefix = dirname(dirname(process.execPath));
  const version = read(join(prefix, 'include', 'node', 'node_version.h'))?.match(/NODE_MAJOR_VERSION (\d+)/)?.[1];
  return version === process.versions.node.split('.')[0] ? { npm_config_nodedir: process.env.npm_config_nodedir ?? prefix } : {};
}

function findPython() {
  const chosen = process.env.XTRACK_PYTHON;
  const candidates = chosen ? [chosen] : ['python3', 'python'];
  const seen = [];
  for (const candidate of candidates) {
    const probe = 'import sys; print("%d.%d" % sys.version_info[:2])';
    const { stdout, status } = spawnSync(candidate, ['-c', probe], { encoding: 'utf8' });
    const [major = 0, minor = 0] = status === 0 ? stdout.trim().split('.').map(Number) : [];
    if (major === 3 && minor >= 8) return candidate;
    seen.push(status === 0 ? `${candidate} is ${stdout.trim()}` : `${candidate} does not run`);
  }
  throw new Refusal(`XTrack needs Python 3.8 or newer (${seen.join('; ')}). Install it, or set XTRACK_PYTHON to its path.`);
}

/** Resolves to how the tests that failed are tried again, which resolves to the result of both. `name`: that of another Node. */
async function runVitest(folder, args, env, { node = process.execPath, name = '' } = {}) {
  const label = name === '' ? '' : `${name}: `;
  say(`${label}TypeScript tests`);
  const once = async (report, words) => {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const code = await run(node, [tool('vitest', 'vitest'), 'run', ...reporters, ...words], { env });
    const result = mergeResults((readJson(report)?.testResults ?? []).map(readTestFile));
    if (code !== 0 && result.failed.length === 0) result.failed.push({ name: `vitest ended with ${code}`, why: '' });
    if (code === 0 && result.passed === 0 && name !== '') result.failed.push({ name: 'no test was run', why: '' });
    return result;
  };
  const named = ({ passed, failed, skipped }) => ({
    passed,
    failed: failed.map((test) => ({ ...test, name: label + test.name })),
    skipped: skipped.map((test) => label + test),
  });
  const result = await once(join(folder, `vitest${name}.json`), args);
  const files = [...new Set(result.failed.map(({ file }) => file))];
  const again = async () => {
    if (!worthAnotherTry(files)) return named(result);
    say(`${label}once more, alone: ${files.join(', ')}`);
    return named(secondTry(result, await once(join(folder, `vitest${name}-again.json`), ['--maxWorkers', '1', ...files]), label));
  };
  return { again };
}

/** As runVitest. What the tests print is kept until then: two languages at once are hard to read. */
async function runPython(folder, python) {
  const output = join(folder, 'unittest.log');
  const result = await runUnittest(join(folder, 'unittest.json'), python, { output });
  const names = result.failed.map(({ name }) => name);
  const again = async () => {
    say('Python tests, run beside them');
    process.stdout.write(readFileSync(output));
    if (!worthAnotherTry(names) || names.some((name) => !/^tests\.[\w.]+$/.test(name))) return result;
    say(`once more, alone: ${names.join(', ')}`);
    return secondTry(result, await runUnittest(join(folder, 'unittest-again.json'), python, { names }));
  };
  return { again };
}

/** With XTRACK_TEST_RETRY=1 a few tests that fail are run once more: what fails twice is wrong, what fails once is named. */
function worthAnotherTry(names) {
  return process.env.XTRACK_TEST_RETRY === '1' && names.length > 0 && names.length <= MOST_TRIED_AGAIN && !names.includes(undefined);
}

function secondTry(first, second, label = '') {
  const still = new Set(second.failed.map(({ name }) => name));
  for (const { name, why } of first.failed) if (!still.has(name)) console.log(`failed once, passed alone: ${label}${name}: ${why}`);
  const passed = first.passed + first.failed.filter(({ name }) => !still.has(name)).length;
  return { passed, failed: second.failed, skipped: first.skipped };
}

async function runUnittest(report, python, { folder = join('python', 'tests'), files = 'test_*.py', names = [], output } = {}) {
  if (output === undefined) say(`Python tests: ${join(folder, files)}`);
  const path = [join(ROOT, 'python'), process.env.PYTHONPATH].filter(Boolean).join(delimiter);
  const env = { PYTHONPATH: path, PYTHONDONTWRITEBYTECODE: '1', XTRACK_PYTHON: python };
  const code = await run(python, ['-c', UNITTEST, report, folder, files, ...names], { env, output });
  const nothing = { passed: 0, failed: [{ name: join(folder, files), why: `unittest ended with ${code}` }], skipped: [] };
  return readJson(report) ?? nothing;
}

/** Something that the user has to put right: printed without a stack. */
class Refusal extends Error {}

async function must(what, command, args, options) {
  const code = await run(command, args, options);
  if (code !== 0) throw new Refusal(`${what} failed with ${code}; its output above says why.`);
}

/** Runs a child on our own terminal, or into a file, hands signals on, and resolves to its exit code (128 + n for signal n, as shells do). */
function run(command, args, { env = {}, shell = false, output } = {}) {
  return new Promise((resolve, reject) => {
    const file = output === undefined ? undefined : openSync(output, 'a');
    const stdio = file === undefined ? 'inherit' : ['ignore', file, file];
    const child = spawn(command, args, { cwd: ROOT, stdio, shell, env: { ...process.env, ...env } });
    if (file !== undefined) closeSync(file);
    const hand = (signal) => {
      // On a terminal Ctrl-C reaches the whole foreground group: handing it on would make it two.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, hand);
    const settle = () => {
      for (const signal of signals) process.off(signal, hand);
    };
    child.once('error', (cause) => {
      settle();
      reject(new Refusal(`${command} could not be started: ${cause.message}`));
    });
    child.once('exit', (code, signal) => {
      settle();
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

/** The program of an installed package: run with this Node, with no shell and no look-up in between. */
function tool(name, command) {
  const folder = join(ROOT, 'node_modules', name);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[command]);
}

function say(text) {
  console.log(`\n── ${text}`);
}

async function main([name = '', ...args]) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) throw new Refusal(`XTrack needs Node 20.19 or newer; this is ${process.version}.`);
  if (!Object.hasOwn(COMMANDS, name)) throw new Refusal(USAGE);
  return COMMANDS[name](args);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
