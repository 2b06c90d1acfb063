// Pause, resume, checkpoint, stop.

import { type ReactElement, useId, useState } from 'react';
import type { CommandType } from '../../../src/protocol/collector-messages.js';
import { commandAvailability } from './availability';
import type { SectionProps } from './section-props';
import classes from './steer.module.css';
import { SteerButton } from './steer-button';
import { StopDialog } from './stop-dialog';

const BUTTONS = [
  ['pause', 'Pause'],
  ['resume', 'Resume'],
  ['checkpoint_now', 'Checkpoint now'],
] as const satisfies readonly (readonly [CommandType, string])[];

export function FlowSection(props: SectionProps): ReactElement {
  const { able } = props;
  const [stopping, setStopping] = useState(false);
  return (
    <section className={classes.section} aria-label="The training">
      <div className={classes.buttons}>
        {BUTTONS.map(([type, label]) => (
          <FlowButton key={type} {...props} type={type} label={label} />
        ))}
        <SteerButton color="red" variant="light" off={!able} onClick={() => setStopping(true)}>
          Stop…
        </SteerButton>
      </div>
      {stopping && <StopDialog {...props} onClose={() => setStopping(false)} />}
    </section>
  );
}

interface FlowButtonProps extends SectionProps {
  readonly type: CommandType;
  readonly label: string;
}

function FlowButton({ run, steering, able, type, label }: FlowButtonProps): ReactElement {
  const id = useId();
  const own = commandAvailability(type, run, steering.commands);
  const reason = able ? own.reason : null;
  return (
    <div>
      <SteerButton
        fullWidth
        off={!able || !own.able}
        aria-describedby={reason === null ? undefined : id}
        onClick={() => void steering.send(type)}
      >
        {label}
      </SteerButton>
      {reason !== null && (
        <p id={id} className={classes.why}>
          {reason}
        </p>
      )}
    </div>
  );
}
