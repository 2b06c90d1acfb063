// Which curves of a chart the reader switched off.

import { useCallback, useMemo, useState } from 'react';
import type { ChartSeries } from './series/chart-series';

export interface Hidden {
  readonly hidden: ReadonlySet<string>;
  readonly shown: readonly ChartSeries[];
  readonly toggle: (id: string) => void;
  /** Shows this one alone; all of them where it is alone already. */
  readonly only: (id: string) => void;
}

export function useHidden(series: readonly ChartSeries[]): Hidden {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const shown = useMemo(() => (hidden.size === 0 ? series : series.filter(({ id }) => !hidden.has(id))), [series, hidden]);
  const toggle = useCallback((id: string) => {
    setHidden((before) => {
      const next = new Set(before);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  }, []);
  const only = useCallback(
    (id: string) => {
      const others = series.flatMap((one) => (one.id === id ? [] : one.id));
      setHidden((before) => (!before.has(id) && others.every((other) => before.has(other)) ? new Set() : new Set(others)));
    },
    [series],
  );
  return { hidden, shown, toggle, only };
}
