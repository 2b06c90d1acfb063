// The metric for each value of a param: its mean, and from the lowest to the highest run.

import type { ReactElement } from 'react';
import type { ParamSensitivity } from '../../../api/types';
import { formatNumber, formatParam } from '../../../components/format';
import classes from '../compare.module.css';
import { placeOf, scaleOf, spansDecades } from '../draw/scale';

interface ValueMeansProps {
  /** Best mean first. */
  readonly values: ParamSensitivity['values'];
  readonly distinct: number;
  readonly better: 'min' | 'max';
}

export function ValueMeans({ values, distinct, better }: ValueMeansProps): ReactElement {
  const bounds = values.flatMap(({ min, max }) => [min, max]);
  const scale = scaleOf(bounds, spansDecades(bounds));
  const percent = (value: number): number => placeOf(scale, value) * 100;
  return (
    <div className={classes.means}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Value</th>
            <th scope="col">Runs</th>
            <th scope="col">Mean</th>
            <th scope="col">± std</th>
            <th scope="col">{scale.kind === 'log' ? 'Lowest, mean, highest (log)' : 'Lowest, mean, highest'}</th>
          </tr>
        </thead>
        <tbody>
          {values.map(({ value, runs, mean, min, max, deviation }, at) => (
            <tr key={String(value)}>
              <th scope="row">{typeof value === 'number' ? formatParam(value) : value}</th>
              <td data-number>{runs}</td>
              <td data-number data-best={at === 0 || undefined}>
                {formatNumber(mean)}
              </td>
              <td data-number>{formatNumber(deviation)}</td>
              <td className={classes.span} title={`${formatNumber(min)} to ${formatNumber(max)}`}>
                <span
                  className={classes.spanLine}
                  style={{ left: `${percent(min)}%`, width: `${Math.max(0.5, percent(max) - percent(min))}%` }}
                />
                <span className={classes.spanDot} style={{ left: `${percent(mean)}%` }} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className={classes.dim}>
        {distinct > values.length && `The ${values.length} values of most runs, of ${distinct}. `}
        {better === 'min' ? 'Lower' : 'Higher'} is better; the best mean comes first.
      </p>
    </div>
  );
}
