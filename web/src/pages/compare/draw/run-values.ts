// The values of some quantities for each run, as rows.

import type { ComparedRun } from '../compared';
import type { Quantity } from '../quantities';
import type { Values } from './picture-menu';

/** A row for each run that `draws`. */
export function runValues(quantities: readonly Quantity[], runs: readonly ComparedRun[], draws: (run: ComparedRun) => boolean): Values {
  const rows = runs.flatMap((run, at) => (draws(run) ? [[run.name, ...quantities.map(({ values }) => values[at] ?? null)]] : []));
  return { head: ['run', ...quantities.map(({ label }) => label)], rows };
}
