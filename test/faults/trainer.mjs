// A training for the faults, with the TypeScript emitter: the same plan, calls and counter file as trainer.py.

import { appendFileSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const spec = JSON.parse(process.env.XTRACK_FAULTS_SPEC);
const { life, folder } = spec;
const witness = openSync(join(folder, `${life}.count`), 'a', 0o600);
const say = (line) => appendFileSync(witness, `${line}\n`);
const exists = (name) => existsSync(join(folder, name));

const realNow = Date.now;
let jump = 0;
if (spec.clock) Date.now = () => realNow() + jump * 1000;

const { startRun } = await import(join(spec.dist, 'emitter/index.js'));
const run = startRun({ runId: spec.run });
say(`start ${process.pid}`);

const batch = (letter, n, count) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`${life}/${letter}${i}`, n + i / 4096]));

/** Call number `n`: one event, and everything in it follows from `life` and `n`. */
const CALLS = {
  m: (n) => run.logMetric(`${life}/m`, n % 101 === 0 ? Number.POSITIVE_INFINITY : n * 0.5 + 0.125, { step: n }),
  b: (n) => run.logMetrics(batch('b', n, 50), { step: n }),
  w: (n) => run.logMetrics(batch('w', n, 2500), { step: n }),
  l: (n) => run.log(`${life} ${n} ${'x'.repeat((n * 7919) % 3000)}`, { level: 'info', step: n }),
  L: (n) => run.log(`${life} ${n} ${'\u00e9'.repeat((n * 7919) % 20000)}`, { level: 'warning', step: n }),
  p: (n) => run.logParam(`${life}.p${n}`, `value ${n}`),
  a: (n) => run.logArtifact(join(folder, 'artifact.bin'), { name: `${life} ${n}` }),
  c: (n) => run.logCheckpoint({ step: n, path: join(folder, 'artifact.bin'), metadata: { call: `${life} ${n}` } }),
  s: (n) => run.setStatus('training', { message: `${life} ${n}`, current: n }),
};

for (let n = 0; n < spec.calls; n += 1) {
  const kind = spec.kinds[n % spec.kinds.length];
  CALLS[kind](n);
  say(`${kind} ${n}`);
  if (n % spec.burst !== spec.burst - 1) continue;
  if (spec.clock) jump = spec.clock[Math.floor(n / spec.burst) % spec.clock.length];
  if (exists('hold')) break;
  await delay(spec.pause * 1000);
}
while (!exists('stop') && !spec.early) await delay(50);
if (spec.end === 'kill') process.kill(process.pid, 'SIGKILL');
if (spec.end === 'raise') {
  say('end failed');
  throw new RangeError('as planned');
}
if (spec.end === 'exit' || spec.end === 'gone') {
  say('end completed');
  process.exit(0);
}
say('ending');
await run.end();
say('end completed');
