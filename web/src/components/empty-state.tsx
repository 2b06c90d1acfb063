// Nothing is there yet: what it would be, and how it comes about.

import type { ReactElement, ReactNode } from 'react';
import classes from './components.module.css';

interface EmptyStateProps {
  readonly title: string;
  /** `h1` where nothing else is on the page. */
  readonly heading?: 'h1' | 'h2';
  readonly children?: ReactNode;
}

export function EmptyState({ title, heading: Heading = 'h2', children }: EmptyStateProps): ReactElement {
  return (
    <div className={classes.state}>
      <Heading className={classes.stateTitle}>{title}</Heading>
      {children !== undefined && <div className={classes.body}>{children}</div>}
    </div>
  );
}
