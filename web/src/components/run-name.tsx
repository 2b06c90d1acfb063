// A run by its colour and its name.

import { useComputedColorScheme } from '@mantine/core';
import type { CSSProperties, ReactElement } from 'react';
import { Link } from 'wouter';
import type { RunRow } from '../api/types';
import { runColour, useRunLooks } from '../theme/run-looks';
import classes from './components.module.css';
import { plainName } from './format';

interface RunNameProps {
  readonly run: Pick<RunRow, 'runId' | 'name'>;
  /** Left out: no link. */
  readonly href?: string;
}

/** What a run is called: its name, or the beginning of its id. */
export function nameOf({ name, runId }: Pick<RunRow, 'runId' | 'name'>): string {
  return name === null || name === '' ? runId.slice(0, 13) : plainName(name);
}

export function RunName({ run, href }: RunNameProps): ReactElement {
  const scheme = useComputedColorScheme('light');
  const { looks } = useRunLooks();
  const name = nameOf(run);
  return (
    <span className={classes.name} style={{ '--run-colour': runColour(run.runId, looks, scheme) } as CSSProperties}>
      <span className={classes.nameDot} data-hidden={looks[run.runId]?.hidden || undefined} aria-hidden />
      {href === undefined ? (
        <span title={name}>{name}</span>
      ) : (
        <Link href={href} title={name}>
          {name}
        </Link>
      )}
    </span>
  );
}
