// The run in hand, in words.

import type { ReactElement } from 'react';
import { formatNumber, formatParam } from '../../../components/format';
import classes from '../compare.module.css';
import type { Compared } from '../compared';
import type { Quantity } from '../quantities';

interface HighlightWordsProps {
  readonly compared: Pick<Compared, 'runs'>;
  readonly highlighted: string | null;
  readonly quantities: readonly Quantity[];
}

/** What a tooltip would say, where it covers nothing. */
export function HighlightWords({ compared, highlighted, quantities }: HighlightWordsProps): ReactElement {
  const at = compared.runs.findIndex(({ runId }) => runId === highlighted);
  const run = compared.runs[at];
  return (
    <p className={classes.inHand} aria-live="polite">
      {run === undefined ? (
        <span className={classes.dim}>Point at a run to read its values.</span>
      ) : (
        <>
          <strong>{run.name}</strong>{' '}
          {quantities.map(({ id, label, kind, values }) => {
            const value = values[at] ?? null;
            return (
              <span key={id} className={classes.reading}>
                {label}{' '}
                <b>
                  {value === null ? 'none' : typeof value === 'number' ? (kind === 'param' ? formatParam : formatNumber)(value) : value}
                </b>
              </span>
            );
          })}
        </>
      )}
    </p>
  );
}
