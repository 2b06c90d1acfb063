// The metric that each experiment is judged by, kept in this browser.

import { isRecord, stored } from '../../theme/stored';

export interface MetricChoice {
  readonly metric: string;
  /** Undefined: as the metric's name says. */
  readonly mode: 'min' | 'max' | undefined;
}

export type MetricChoices = Readonly<Record<string, MetricChoice>>;

/** Experiments remembered: the newest. */
const MOST = 200;

export const chosenMetric = stored<MetricChoices>('experiments.metric', readChoices);

export function readChoices(found: unknown): MetricChoices {
  if (!isRecord(found)) return {};
  return Object.fromEntries(
    Object.entries(found).flatMap(([experimentId, choice]): [string, MetricChoice][] => {
      if (!isRecord(choice) || typeof choice.metric !== 'string') return [];
      const { metric, mode } = choice;
      return [[experimentId, { metric, mode: mode === 'min' || mode === 'max' ? mode : undefined }]];
    }),
  );
}

export function setChosenMetric(experimentId: string, choice: MetricChoice): void {
  const { [experimentId]: _before, ...others } = chosenMetric.get();
  chosenMetric.set({ ...Object.fromEntries(Object.entries(others).slice(-(MOST - 1))), [experimentId]: choice });
}
