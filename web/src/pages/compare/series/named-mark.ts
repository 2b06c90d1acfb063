// A mark of one run among several.

import type { ChartMark } from '../../../charts/series/chart-series';

/** A gap of one run must not cut the curves of the others: it stays a mark, and no break. */
export function namedMark(mark: ChartMark, run: string): ChartMark {
  const title = `${run}: ${mark.title}`;
  return mark.kind === 'gap' ? { ...mark, kind: 'alert', title } : { ...mark, title };
}
