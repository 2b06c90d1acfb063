// The collector is away for a minute in the middle of a run that logs 1,000 metrics a second: what a log call and a step cost
// meanwhile, what memory that takes, and what is missing afterwards. Then the same with the training killed at the end of the outage.
// XTRACK_BENCH_OUTAGE_SECONDS sets how long it is away.

import { median } from './bench.mjs';
import { outage } from './support/outage.mjs';

const AWAY_MS = Number(process.env.XTRACK_BENCH_OUTAGE_SECONDS ?? 60) * 1000;
const ROUNDS = Number(process.env.XTRACK_BENCH_OUTAGE_ROUNDS ?? 1);

/** @returns {Promise<import('./bench.mjs').BenchRow[]>} */
export async function run() {
  const rounds = [];
  for (let index = 0; index < ROUNDS; index += 1) rounds.push(await outage({ beforeMs: 15_000, awayMs: AWAY_MS, afterMs: 15_000 }));
  const killed = await outage({ beforeMs: 5_000, awayMs: AWAY_MS, killTrainer: true });
  const row = (name, unit, pick, note) => {
    const values = rounds.map(pick);
    const [value, min, max] = [median(values), Math.min(...values), Math.max(...values)];
    return { name, unit, value, min, max, ...(note === undefined ? {} : { note }) };
  };
  const phases = ['before', 'away', 'after'].flatMap((phase) => [
    row(`log_metric p50, ${phase}`, 'us', ({ report }) => report[phase].log_us.p50),
    row(`log_metric p99.9, ${phase}`, 'us', ({ report }) => report[phase].log_us.p999, phase === 'away' ? 'target < 100' : undefined),
    row(`step p50, ${phase}`, 'us', ({ report }) => report[phase].step_us.p50),
    row(`step p99, ${phase}`, 'us', ({ report }) => report[phase].step_us.p99),
  ]);
  return [
    ...phases,
    row(
      'anonymous memory, growth while away',
      'MiB',
      ({ report }) => (report.away.anonymous - report.before.anonymous) / 2 ** 20,
      'target < 16',
    ),
    row('events lost', 'events', ({ logged, stored }) => logged - stored, 'target 0'),
    {
      name: 'events lost, training killed too',
      unit: 'events',
      value: Math.max(0, killed.logged - killed.stored),
      min: 0,
      max: 0,
      note: `of ${killed.logged}`,
    },
  ];
}
