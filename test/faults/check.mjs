// The verdict on a round, read from outside once everything has ended: what is stored against what the counter files say.
// Arguments: FOLDER of the round (with ledger.json). Prints one JSON object.

import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { callOf, readCounters } from './witness.mjs';

const folder = process.argv[2];
const ledger = JSON.parse(readFileSync(join(folder, 'ledger.json'), 'utf8'));
const counters = readCounters(folder);
const verdict = { emitted: 0, stored: 0, declared: 0, lost: [], doubled: [], wrong: [], status: [] };
const MOST = 20;
const say = (list, text) => void (list.length < MOST && list.push(text));

/** Frames of a run's event log. */
async function framesOf(xtrack, runId) {
  const parts = [];
  for await (const bytes of xtrack.exportRun(runId)) parts.push(Buffer.from(bytes));
  const log = Buffer.concat(parts);
  const frames = [];
  for (let at = 0; at < log.length; ) {
    const end = at + 4 + log.readUInt32BE(at);
    try {
      frames.push(JSON.parse(log.toString('utf8', at + 4, end)));
    } catch {
      say(verdict.wrong, `${runId}: the event log is no JSON at byte ${at}`);
      break;
    }
    at = end;
  }
  return frames;
}

/** What the log holds: calls by life, each identity once, and how many of each type. */
function readLog(runId, frames) {
  const identities = new Set();
  const counts = new Map();
  const lives = new Map();
  for (const frame of frames) {
    const { seq, wid = '', inc = '' } = frame.m;
    const identity = `${wid}/${inc}/${seq}`;
    if (identities.has(identity)) say(verdict.doubled, `${runId}: ${identity} (${frame.t}) is in the log twice`);
    identities.add(identity);
    counts.set(frame.t, (counts.get(frame.t) ?? 0) + 1);
    if (/forged/.test(frame.p.key ?? '') || frame.p.error?.type === 'Forged') say(verdict.wrong, `${runId}: a stranger's event was taken`);
    const call = callOf(frame);
    if (call === undefined) continue;
    const life = lives.get(call.life) ?? { incarnations: new Map(), calls: new Map() };
    lives.set(call.life, life);
    life.incarnations.set(inc, wid);
    if (life.calls.has(call.n)) say(verdict.doubled, `${runId}: call ${call.n} of ${call.life} is stored twice`);
    if (!call.right)
      say(verdict.wrong, `${runId}: call ${call.n} of ${call.life} has other values: ${JSON.stringify(frame).slice(0, 300)}`);
    life.calls.set(call.n, { seq, kind: call.kind, inc });
  }
  return { counts, lives };
}

function checkLife(runId, life, stored, gaps) {
  const { calls } = counters[life];
  verdict.emitted += calls.size;
  const known = stored?.calls ?? new Map();
  verdict.stored += known.size;
  if (stored !== undefined && stored.incarnations.size > 1)
    say(verdict.wrong, `${life} has several incarnations: ${[...stored.incarnations.keys()]}`);
  checkOrder(runId, life, known);
  const missing = [...calls.keys()].filter((n) => !known.has(n)).sort((a, b) => a - b);
  const declared = missing.length === 0 ? 0 : declaredOf(stored, gaps);
  verdict.declared += Math.min(declared, missing.length);
  if (missing.length > declared)
    say(
      verdict.lost,
      `${runId}: ${missing.length - declared} of ${calls.size} calls of ${life} (${ranges(missing)}; ${declared} declared)`,
    );
  else if (missing.length > 0 && !ledger.mayDrop)
    say(verdict.lost, `${runId}: ${missing.length} calls of ${life} were dropped and declared, though there was room`);
}

/** Numbers go up with the calls, and nothing is stored that was not logged. */
function checkOrder(runId, life, known) {
  const { calls, end } = counters[life];
  let last = 0;
  for (const [n, { seq, kind }] of [...known].sort(([a], [b]) => a - b)) {
    if (seq <= last) say(verdict.wrong, `${runId}: call ${n} of ${life} has number ${seq}, after ${last}`);
    last = seq;
    // One call may be under way when its process is killed: it may have become an event or not.
    const expected = calls.get(n) ?? (n === calls.size && end === null ? kind : 'nothing');
    if (expected !== kind) say(verdict.wrong, `${runId}: call ${n} of ${life} is stored as ${kind}, it was ${expected}`);
  }
}

/** How many numbers of the life's incarnation are declared as dropped. */
function declaredOf(stored, gaps) {
  if (stored === undefined) return 0;
  const own = gaps.filter(({ incarnation, reason }) => stored.incarnations.has(incarnation) && reason !== null);
  return own.reduce((sum, { from, to }) => sum + to - from + 1, 0);
}

function ranges(numbers) {
  const found = [];
  for (const n of numbers) {
    const last = found[found.length - 1];
    if (last !== undefined && last[1] === n - 1) last[1] = n;
    else found.push([n, n]);
  }
  return found
    .slice(0, 8)
    .map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`))
    .join(', ');
}

/** Charts are made from the same events: the same points, in the order in which they were logged. */
async function checkSeries(xtrack, runId, life, { calls }) {
  const ofKind = (kind) => [...calls].filter(([, call]) => call.kind === kind).sort(([, a], [, b]) => a.seq - b.seq);
  for (const [kind, key, value] of [
    ['m', 'm', (n) => (n % 101 === 0 ? Number.POSITIVE_INFINITY : n * 0.5 + 0.125)],
    ['b', 'b49', (n) => n + 49 / 4096],
    ['w', 'w2499', (n) => n + 2499 / 4096],
  ]) {
    const expected = ofKind(kind).map(([n]) => n);
    if (expected.length === 0) continue;
    const series = await xtrack.getMetrics(runId, `${life}/${key}`);
    const points = series.flatMap((each) => (each.kind === 'points' ? [...each.step].map((step, at) => [step, each.value[at]]) : []));
    const same = points.length === expected.length && points.every(([step, found], at) => step === expected[at] && found === value(step));
    if (!same) say(verdict.wrong, `${runId}: the series ${life}/${key} has ${points.length} points of ${expected.length}, or others`);
  }
}

/** A run has its own calls and nobody else's, and counts what its log holds. */
function checkLog(runId, own, run, { counts, lives }) {
  for (const [type, count] of counts)
    if (run.counts[type] !== count)
      say(verdict.wrong, `${runId}: the run counts ${run.counts[type] ?? 0} events ${type}, its log has ${count}`);
  for (const life of lives.keys()) if (!own.some((each) => each.life === life)) say(verdict.wrong, `${runId}: has calls of ${life}`);
}

/** A run that is not there. One that was deleted for good should not be: nothing that came late has brought it back. */
function checkAbsent(runId, own) {
  if (runId === 'victim' && ledger.victim === 'purged') return;
  for (const { life } of own) checkLife(runId, life, undefined, []);
}

async function checkRun(xtrack, runId, all) {
  const run = await xtrack.getRun(runId).catch(() => undefined);
  const own = all.filter(({ life }) => counters[life] !== undefined);
  if (run === undefined) return checkAbsent(runId, own);
  const gaps = await xtrack.getGaps(runId);
  const log = readLog(runId, await framesOf(xtrack, runId));
  checkLog(runId, own, run, log);
  if (own.length === 0) return;
  if (runId === 'victim' && ledger.victim === 'purged') return await checkRest(xtrack, runId, log);
  for (const gap of gaps) if (gap.reason === null) say(verdict.lost, `${runId}: an undeclared hole is left: ${JSON.stringify(gap)}`);
  for (const { life } of own) {
    checkLife(runId, life, log.lives.get(life), gaps);
    if (log.lives.has(life)) await checkSeries(xtrack, runId, life, log.lives.get(life));
  }
  if (runId === 'victim') return;
  const expected = expectedStatus(own.filter(({ life }) => !life.endsWith('f')));
  if (expected !== undefined && !expected.includes(run.status))
    say(verdict.status, `${runId} is ${run.status}, it should be ${expected.join(' or ')} (${JSON.stringify(own)})`);
}

/** What came after its run was deleted for good may be a run again: of right calls, in their order, each once. */
async function checkRest(xtrack, runId, log) {
  for (const [life, stored] of log.lives) {
    checkOrder(runId, life, stored.calls);
    await checkSeries(xtrack, runId, life, stored);
  }
}

/** Nothing that is made from the events differs from them. Runs of wide batches have 100,000 values to compare, and the check of their series. */
async function checkDerived(xtrack, where) {
  if (!ledger.verify) return;
  const wide = new Set(ledger.lives.filter(({ life }) => [...(counters[life]?.calls.values() ?? [])].includes('w')).map(({ run }) => run));
  const runIds = (await xtrack.listRuns()).map(({ runId }) => runId).filter((runId) => !wide.has(runId));
  if (runIds.length === 0) return;
  for await (const { runId, findings } of xtrack.verify({ runIds }))
    for (const { code, detail } of findings) say(verdict.wrong, `${where}${runId}: ${code} ${detail}`);
}

/** A backup that was made meanwhile is a whole store of its own. */
async function checkBackup(name) {
  const directory = join(folder, `restored-${name}`);
  mkdirSync(directory, { mode: 0o700 });
  const file = join(directory, ledger.file.split('/').pop());
  copyFileSync(join(folder, name), file);
  checkDatabase(file);
  const copy = await XTrack.start({ directory, readOnly: true });
  await checkDerived(copy, `${name}: `);
  await copy.close();
}

/** By the last life of each worker. Undefined where the moment of a kill decides. */
function expectedStatus(own) {
  const last = new Map(own.map((each) => [each.worker, each]));
  const ends = [...last.values()].map(({ life, killed }) => ({ ...counters[life], killed }));
  if (ends.some(({ killed, ending, end }) => killed && (ending || end !== null))) return undefined;
  if (own.some(({ clock }) => clock) && own.length > last.size) return undefined;
  // The exit code of a process that the control plane started says how it ended, also where it said nothing itself.
  if (own.some(({ supervised, killed, life }) => supervised && !killed && counters[life]?.end === null)) return undefined;
  if (ends.every(({ end }) => end === 'completed')) return ['completed'];
  if (ends.some(({ end }) => end === 'failed')) return ['failed', 'running', 'interrupted', 'training'];
  return ['failed', 'killed', 'running', 'training', 'interrupted', 'initializing', 'pending'];
}

function checkDatabase(file) {
  const database = openReader(file);
  const rows = database.prepare('PRAGMA integrity_check').all();
  if (rows[0]?.integrity_check !== 'ok') say(verdict.wrong, `${file} is damaged: ${JSON.stringify(rows).slice(0, 500)}`);
  database.close();
}

const { XTrack } = await import(join(ledger.dist, 'index.js'));
const { openReader } = await import(join(ledger.dist, 'storage', 'sqlite', 'driver.js'));
const xtrack = await XTrack.start({
  directory: ledger.data,
  readOnly: true,
  ...(ledger.database !== null && { database: ledger.database }),
});
const byRun = new Map(ledger.runs.map((run) => [run, ledger.lives.filter((each) => each.run === run)]));
for (const [run, own] of byRun) await checkRun(xtrack, run, own);
for (const { runId } of await xtrack.listRuns()) {
  if (/forged/.test(runId)) say(verdict.wrong, `a stranger made the run ${runId}`);
  if (!byRun.has(runId)) await checkRun(xtrack, runId, []);
}
await checkDerived(xtrack, '');
await xtrack.close();
if (ledger.database === null) {
  checkDatabase(ledger.file);
  for (const name of readdirSync(folder)) if (/^copy-\d+\.db$/.test(name)) await checkBackup(name);
}
process.stdout.write(JSON.stringify(verdict));
