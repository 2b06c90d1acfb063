// What all charts of a run share.

import { createContext, useContext } from 'react';
import type { Mark, RunDetail } from '../../../api/types';
import type { ColourScheme } from '../../../charts/plot/palette';
import type { ChartRange } from '../../../charts/series/chart-series';
import type { ChartSettings } from './chart-settings';
import type { LiveFeed } from './live-feed';
import type { SeriesBatcher } from './series-batcher';

export interface ChartsShared {
  readonly run: RunDetail;
  /** When the run began, µs since the epoch. */
  readonly origin: number;
  readonly settings: ChartSettings;
  readonly change: (change: Partial<ChartSettings>) => void;
  /** The window as it is read: the one of the settings, but at a bounded pace. */
  readonly readRange: ChartRange | null;
  readonly batcher: SeriesBatcher;
  readonly feed: LiveFeed;
  readonly marks: readonly Mark[];
  readonly scheme: ColourScheme;
  /** Pixels that a chart has, and one that is expanded. */
  readonly width: { readonly chart: number; readonly expanded: number };
}

const ChartsContext = createContext<ChartsShared | null>(null);

export const ChartsProvider = ChartsContext.Provider;

export function useCharts(): ChartsShared {
  const shared = useContext(ChartsContext);
  if (shared === null) throw new TypeError('a metric chart stands outside of ChartsProvider');
  return shared;
}
