// A part of a page under a heading that folds it up.

import { type ReactElement, type ReactNode, useId, useState } from 'react';
import classes from './components.module.css';

interface FoldSectionProps {
  readonly name: string;
  /** How many things are in it. */
  readonly count: number;
  /** As it is at first. */
  readonly isFolded: boolean;
  /** Opened whatever the reader folded: something is searched for, or it is the only one. */
  readonly isForced: boolean;
  readonly columns: number;
  /** What is in its grid; asked for only while that is shown. */
  readonly items: () => ReactNode;
  /** Below the grid, while it is shown. */
  readonly foot?: ReactNode;
}

export function FoldSection({ name, count, isFolded, isForced, columns, items, foot }: FoldSectionProps): ReactElement {
  const [isOpen, setOpen] = useState(!isFolded);
  const id = useId();
  const isShown = isOpen || isForced;
  return (
    <section>
      <h2 className={classes.foldName}>
        <button type="button" aria-expanded={isShown} aria-controls={id} onClick={() => setOpen(!isOpen)} disabled={isForced}>
          <span aria-hidden="true">{isShown ? '▾' : '▸'}</span> {name} <span className={classes.foldCount}>{count}</span>
        </button>
      </h2>
      <div id={id} hidden={!isShown} className={classes.foldGrid} style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
        {isShown && items()}
      </div>
      {isShown && foot}
    </section>
  );
}
