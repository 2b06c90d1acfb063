// Something went wrong: what, what helps, and a way to try again.

import { Button } from '@mantine/core';
import type { ReactElement } from 'react';
import { ApiError } from '../api/client';
import classes from './components.module.css';

interface ErrorStateProps {
  readonly error: unknown;
  readonly onRetry?: (() => unknown) | undefined;
  readonly title?: string;
}

export function ErrorState({ error, onRetry, title = 'That did not work' }: ErrorStateProps): ReactElement {
  return (
    <div className={classes.state} role="alert">
      <h2 className={classes.stateTitle}>{title}</h2>
      <p>{error instanceof Error ? error.message : String(error)}</p>
      {error instanceof ApiError && error.remedy !== undefined && <p className={classes.remedy}>{error.remedy}</p>}
      {onRetry !== undefined && (
        <Button variant="default" size="xs" onClick={() => void onRetry()}>
          Try again
        </Button>
      )}
      {error instanceof ApiError && <span className={classes.code}>{error.code}</span>}
    </div>
  );
}
