// The tabs as links, so that each can be opened, shared and gone back to.

import { type ReactElement, useEffect, useRef } from 'react';
import { Link } from 'wouter';
import classes from './run.module.css';
import { RUN_TABS, type RunTabId, runAddress } from './run-tabs';

interface RunTabBarProps {
  readonly runId: string;
  readonly tab: RunTabId;
  readonly counts: Readonly<Record<string, number>>;
}

/** The events that a tab's number counts. */
const COUNTED: Partial<Record<RunTabId, string>> = { logs: 'log', artifacts: 'artifact', checkpoints: 'checkpoint' };

export function RunTabBar({ runId, tab, counts }: RunTabBarProps): ReactElement {
  const bar = useRef<HTMLElement>(null);
  // On a telephone not all of them fit.
  useEffect(() => {
    bar.current?.children[RUN_TABS.findIndex(({ id }) => id === tab)]?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [tab]);
  return (
    <nav className={classes.tabs} ref={bar} aria-label="Parts of this run">
      {RUN_TABS.map(({ id, label }) => {
        const counted = counts[COUNTED[id] ?? ''];
        return (
          <Link key={id} href={runAddress(runId, id)} className={classes.tab ?? ''} aria-current={id === tab ? 'page' : undefined}>
            {label}
            {counted !== undefined && <span className={classes.dim}> {counted.toLocaleString('en')}</span>}
          </Link>
        );
      })}
    </nav>
  );
}
