// The steering panel: what can be asked of a running training, and what became of what was asked.

import { CloseButton } from '@mantine/core';
import { type ReactElement, useEffect, useRef } from 'react';
import type { Info, RunDetail } from '../api/types';
import { availability } from './availability';
import { CommandHistory } from './command-history';
import { CustomSection } from './custom-section';
import { FlowSection } from './flow-section';
import { KnobSection } from './knob-section';
import { RateSection } from './rate-section';
import classes from './steer.module.css';
import { useSteering } from './use-steering';

interface SteerPanelProps {
  readonly run: RunDetail;
  readonly grants: Info['principal']['grants'];
  readonly onClose: () => void;
}

export function SteerPanel({ run, grants, onClose }: SteerPanelProps): ReactElement {
  const steering = useSteering(run.runId);
  const title = useRef<HTMLHeadingElement>(null);
  const whole = availability(run, grants);
  useEffect(() => {
    const before = document.activeElement;
    title.current?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, []);
  const parts = { run, steering, able: whole.able };
  return (
    <aside
      className={classes.panel}
      aria-labelledby="steer-title"
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !event.defaultPrevented) onClose();
      }}
    >
      <div className={classes.head}>
        <h2 id="steer-title" ref={title} tabIndex={-1} className={classes.title}>
          Steer
        </h2>
        <CloseButton aria-label="Close the steering panel" onClick={onClose} />
      </div>
      {whole.reason !== null && (
        <p className={classes.why} role="status">
          {whole.reason}
        </p>
      )}
      <FlowSection {...parts} />
      {whole.able && (
        <>
          <RateSection {...parts} />
          <KnobSection {...parts} />
          <CustomSection {...parts} />
        </>
      )}
      <CommandHistory entries={steering.entries} />
    </aside>
  );
}
