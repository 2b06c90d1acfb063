// A titled part of the overview.

import { type ReactElement, type ReactNode, useId } from 'react';
import classes from './overview.module.css';

interface PanelProps {
  readonly title: string;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

export function Panel({ title, actions, children }: PanelProps): ReactElement {
  const id = useId();
  return (
    <section className={classes.panel} aria-labelledby={id}>
      <div className={classes.panelHead}>
        <h2 id={id} className={classes.panelTitle}>
          {title}
        </h2>
        <div className={classes.panelActions}>{actions}</div>
      </div>
      {children}
    </section>
  );
}
