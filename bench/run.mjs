// Runs the benchmarks beside this file, each in a process of its own so that none warms or fills the heap of the next,
// prints one table with the machine and the versions, and keeps the numbers as JSON in results/.
// A benchmark exports `run(): Promise<BenchRow[]>`; BenchRow is {name, unit, value, min, max, note?}, with value the median.

import { fork, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const NOT_A_BENCHMARK = new Set(['run.mjs', 'bench.mjs']);

async function main(filters) {
  const all = readdirSync(HERE).filter((file) => file.endsWith('.mjs') && !NOT_A_BENCHMARK.has(file));
  const chosen = all.filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)));
  if (chosen.length === 0) {
    console.error(`no benchmark is called like that; there are: ${all.join(', ') || 'none'}`);
    return 1;
  }
  const date = new Date().toISOString();
  const context = { date, machine: machine(), versions: await versions() };
  printContext(context);
  const rows = [];
  const failed = [];
  for (const file of chosen.sort()) {
    console.log(`\n── ${file}`);
    const result = await measure(file);
    if (result === undefined) failed.push(file);
    else rows.push(...result.map((row) => ({ bench: file.replace(/\.mjs$/, ''), ...row })));
  }
  printTable(rows);
  save(date, { ...context, rows, failed });
  for (const file of failed) console.error(`failed: ${file}`);
  const wrong = rows.filter((row) => row.failed === true);
  for (const { bench, name, value, unit } of wrong) console.error(`failed: ${bench}: ${name}: ${value} ${unit}`);
  return failed.length + wrong.length === 0 ? 0 : 1;
}

/** The rows of one benchmark, or undefined when it failed; it has then said why on its own stderr. */
function measure(file) {
  return new Promise((resolve) => {
    const child = fork(fileURLToPath(import.meta.url), ['--child', file], { execArgv: ['--expose-gc'] });
    let rows;
    child.once('message', (message) => {
      rows = message;
    });
    child.once('exit', (code) => resolve(code === 0 ? rows : undefined));
  });
}

/** `--seconds N` is for the benches that last as long as they are told. */
function withoutOptions(given) {
  const at = given.indexOf('--seconds');
  if (at < 0) return given;
  process.env.XTRACK_BENCH_LOAD_SECONDS = given[at + 1];
  return given.toSpliced(at, 2);
}

async function measureHere(file) {
  const { run } = await import(pathToFileURL(join(HERE, file)).href);
  const rows = await run();
  await new Promise((resolve) => process.send(rows, resolve));
  process.exit(0); // a benchmark's left-over handle must not hold up the rest
}

function machine() {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGiB: Number((totalmem() / 2 ** 30).toFixed(1)),
    kernel: `${type()} ${release()}`,
  };
}

async function versions() {
  const python = spawnSync(process.env.XTRACK_PYTHON ?? 'python3', ['--version'], { encoding: 'utf8' });
  return { node: process.versions.node, python: python.stdout?.trim().replace('Python ', '') ?? 'unknown', sqlite: await sqliteVersion() };
}

async function sqliteVersion() {
  try {
    const { openWriter } = await import('../dist/storage/sqlite/driver.js');
    const database = openWriter(':memory:');
    const { version } = database.prepare('SELECT sqlite_version() AS version').get();
    database.close();
    return version;
  } catch {
    return 'unknown'; // benchmarks of the other floors do not need it
  }
}

function printContext({ date, machine: { cpu, cores, memoryGiB, kernel }, versions: { node, python, sqlite } }) {
  console.log(`${date}\n${cpu}, ${cores} cores, ${memoryGiB} GiB, ${kernel}\nnode ${node}, python ${python}, sqlite ${sqlite}`);
}

function printTable(rows) {
  const head = ['', 'median', 'min', 'max', 'unit', ''];
  const body = rows.map(({ bench, name, value, min, max, unit, note = '' }) => [
    `${bench}: ${name}`,
    figure(value),
    figure(min),
    figure(max),
    unit,
    note,
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...body.map((cells) => cells[column].length)));
  const isNumber = (column) => column >= 1 && column <= 3;
  console.log('');
  for (const cells of [head, ...body]) {
    const padded = cells.map((cell, column) => (isNumber(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column])));
    console.log(padded.join('  ').trimEnd());
  }
}

/** Three significant digits, and whole numbers with separators above a thousand. */
function figure(value) {
  if (!Number.isFinite(value)) return String(value);
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

function save(date, results) {
  const folder = join(HERE, 'results');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${date.replaceAll(':', '-')}.json`);
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  console.log(`\nwritten to bench/results/${date.replaceAll(':', '-')}.json`);
}

const [first, ...rest] = process.argv.slice(2);
if (first === '--child') await measureHere(rest[0]);
else process.exitCode = await main(withoutOptions(process.argv.slice(2)));
