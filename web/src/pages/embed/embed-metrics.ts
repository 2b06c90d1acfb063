// Which metrics the small page shows: few, and those that tell most about a training.

import type { SeriesSummary } from '../../api/types';

const MOST_CHARTS = 4;
/** Curves of one chart. */
const MOST_CURVES = 12;
const SYSTEM = 'system/';
const TELLING = [/loss/i, /acc|f1|auc|score|reward|bleu|perplexity/i];

export interface EmbedChartSpec {
  readonly key: string;
  readonly series: readonly SeriesSummary[];
}

/** One chart a metric, all its phases and workers in it. */
export function chartsOf(all: readonly SeriesSummary[]): EmbedChartSpec[] {
  const byKey = new Map<string, SeriesSummary[]>();
  for (const one of all) {
    if (one.key.startsWith(SYSTEM)) continue;
    const series = byKey.get(one.key);
    if (series === undefined) byKey.set(one.key, [one]);
    else if (series.length < MOST_CURVES) series.push(one);
  }
  return [...byKey]
    .map(([key, series]) => ({ key, series }))
    .sort((a, b) => rank(a.key) - rank(b.key))
    .slice(0, MOST_CHARTS);
}

function rank(key: string): number {
  const at = TELLING.findIndex((pattern) => pattern.test(key));
  return at < 0 ? TELLING.length : at;
}
