// A histogram that a run logged.

import type { ReactElement } from 'react';
import { formatNumber } from '../../../components/format';
import classes from './artifacts.module.css';
import type { Histogram } from './preview-shapes';

export function HistogramBars({ counts, edges }: Histogram): ReactElement {
  const highest = Math.max(...counts, 1);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const [first = 0, last = 0] = [edges[0], edges.at(-1)];
  return (
    <figure className={classes.figure}>
      <div
        className={classes.bars}
        role="img"
        aria-label={`Histogram of ${total} values from ${formatNumber(first)} to ${formatNumber(last)}`}
      >
        {counts.map((count, at) => (
          <div
            key={edges[at]}
            className={classes.barOf}
            style={{ height: `${(count / highest) * 100}%` }}
            title={`${formatNumber(edges[at] ?? 0)} to ${formatNumber(edges[at + 1] ?? 0)}: ${count}`}
          />
        ))}
      </div>
      <figcaption className={classes.side}>
        {formatNumber(first)} … {formatNumber(last)}, {total.toLocaleString('en')} values, at most {highest.toLocaleString('en')} in a bar
      </figcaption>
    </figure>
  );
}
