// What the curves of a chart are called and in which colours they are drawn, so that each keeps its own while others come and go.

import type { Series, SeriesSummary } from '../../../api/types';
import { type ColourScheme, isDashed, seriesColour } from '../../../charts/plot/palette';
import type { Looks } from '../../../charts/series/from-api';
import { comparePhases } from './metric-groups';

type Named = Pick<Series, 'phase' | 'worker' | 'aggregation'>;

/** `summaries`: all series of the chart. `isMerged`: the workers of each are one curve. */
export function looksFor(summaries: readonly SeriesSummary[], isMerged: boolean, scheme: ColourScheme): (series: Series) => Looks {
  const names = [
    ...new Map(summaries.map((one) => ({ ...one, worker: isMerged ? null : one.worker })).map((one) => [nameOf(one), one])).values(),
  ];
  names.sort((a, b) => comparePhases(a.phase, b.phase) || (a.worker ?? '').localeCompare(b.worker ?? '', 'en', { numeric: true }));
  const places = new Map(names.map((one, at) => [nameOf(one), at]));
  const label = labels(names);
  return (series) => {
    const at = places.get(nameOf(series)) ?? places.size;
    const suffix = series.superseded ? ` (superseded${series.incarnation ? `, ${series.incarnation.slice(-6)}` : ''})` : '';
    return {
      id: `${nameOf(series)}${series.superseded ? `old ${series.incarnation ?? ''}` : ''}`,
      label: label(series) + suffix,
      colour: seriesColour(at, scheme),
      dashed: series.superseded || isDashed(at),
      faint: series.superseded,
    };
  };
}

function nameOf({ phase, worker, aggregation }: Named): string {
  return JSON.stringify([phase, worker, aggregation]);
}

/** Only what tells them apart is in their names. */
function labels(all: readonly Named[]): (one: Named) => string {
  const differs = (pick: (one: Named) => string | null): boolean => new Set(all.map(pick)).size > 1;
  const [phase, worker, aggregation] = [differs((one) => one.phase), differs((one) => one.worker), differs((one) => one.aggregation)];
  return (one) => {
    const parts = [
      phase || (!worker && one.phase !== '') ? one.phase || 'no phase' : '',
      worker ? workerName(one.worker) : '',
      aggregation ? one.aggregation || 'each' : '',
    ].filter(Boolean);
    return parts.length === 0 ? 'value' : parts.join(' · ');
  };
}

function workerName(worker: string | null): string {
  if (worker === null) return 'all workers';
  return worker === '' ? 'main' : worker;
}
