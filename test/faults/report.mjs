// What is printed: a line for each round, what is wrong with one that failed, and the table at the end.

/** One line. */
export function lineOf(round, ok, seconds) {
  const { emitted, stored, declared, kills, drain, caught } = round.figures;
  const { postgres, small, second, trainers } = round.plan;
  const where = [postgres ? 'postgres' : 'sqlite', ...(small ? ['small disk'] : []), ...(second ? ['two planes'] : [])].join(', ');
  const faults = [...round.faults].map(([name, count]) => (count > 1 ? `${name}×${count}` : name)).join(' ');
  const took = [`drain ${(drain / 1000).toFixed(1)} s`, ...(caught > 0 ? [`caught up ${(caught / 1000).toFixed(1)} s`] : [])].join(', ');
  const parts = [...round.spent].map(([name, part]) => `${name} ${part.toFixed(1)}`).join(', ');
  return `${ok ? 'ok    ' : 'FAILED'} seed ${round.plan.seed}: ${emitted} emitted, ${stored} stored, ${declared} declared, ${kills} kills, ${took}; ${trainers.length} trainings, ${where}; ${faults || 'no faults'} (${seconds.toFixed(0)} s: ${parts})`;
}

/** What went wrong, in what state, and how to see it again. */
export function describeFailure(round, again) {
  return [
    ...round.problems.map((text) => `    ${text}`),
    ...(round.states ?? []).map((text) => `    process ${text}`),
    `    folder  ${round.folder}`,
    `    again   ${again}`,
  ].join('\n');
}

export class Table {
  rounds = 0;
  sums = { failed: 0, kills: 0, emitted: 0, stored: 0, declared: 0, lost: 0, doubled: 0, wrong: 0, drain: 0 };
  faults = new Map();

  add(round, ok) {
    this.rounds += 1;
    const { figures } = round;
    if (!ok) this.sums.failed += 1;
    for (const name of ['kills', 'emitted', 'stored', 'declared', 'lost', 'doubled', 'wrong']) this.sums[name] += figures[name];
    this.sums.drain = Math.max(this.sums.drain, figures.drain, figures.caught);
    for (const [name, count] of round.faults) {
      const row = this.faults.get(name) ?? { times: 0, rounds: 0, failed: 0 };
      this.faults.set(name, { times: row.times + count, rounds: row.rounds + 1, failed: row.failed + (ok ? 0 : 1) });
    }
  }

  toString() {
    const { sums } = this;
    const head = [
      ['rounds', this.rounds],
      ['failed', sums.failed],
      ['kills', sums.kills],
      ['emitted', sums.emitted],
      ['stored', sums.stored],
      ['declared', sums.declared],
      ['lost', sums.lost],
      ['doubled', sums.doubled],
      ['wrong', sums.wrong],
      ['longest drain', `${(sums.drain / 1000).toFixed(1)} s`],
    ];
    const rows = [...this.faults].sort(([a], [b]) => a.localeCompare(b)).map(([name, row]) => [name, row.times, row.rounds, row.failed]);
    return `${grid(head)}\n\n${grid([['fault', 'times', 'rounds', 'failed'], ...rows])}`;
  }
}

function grid(rows) {
  const widths = rows[0].map((_, at) => Math.max(...rows.map((row) => String(row[at]).length)));
  return rows
    .map((row) => row.map((cell, at) => (at === 0 ? String(cell).padEnd(widths[at]) : String(cell).padStart(widths[at]))).join('  '))
    .join('\n');
}
