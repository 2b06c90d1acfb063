// Stopping takes a second look: whether the training is asked to end by itself, or its process is ended.

import { Alert, Button, Modal, NumberInput } from '@mantine/core';
import { type ReactElement, useState } from 'react';
import { useStopRun } from '../api/hooks';
import { commandAvailability } from './availability';
import type { SectionProps } from './section-props';
import classes from './steer.module.css';

/** Seconds between the stop command, SIGTERM and SIGKILL unless chosen otherwise. */
const GRACE_S = 10;
const LONGEST_GRACE_S = 3_600;

export function StopDialog({ run, steering, onClose }: SectionProps & { readonly onClose: () => void }): ReactElement {
  const [graceS, setGraceS] = useState(GRACE_S);
  const stop = useStopRun(run.runId);
  const gentle = commandAvailability('stop', run, steering.commands);
  const ask = (): void => {
    void steering.send('stop');
    onClose();
  };
  return (
    <Modal opened onClose={onClose} title="Stop this training?">
      <div className={classes.section}>
        <p className={classes.sentence}>
          Asked, the training ends by itself at its next step: it still writes what it writes at the end, and the run counts as completed.
        </p>
        <Button disabled={!gentle.able} onClick={ask} data-autofocus>
          Ask it to stop
        </Button>
        {gentle.reason !== null && <p className={classes.why}>{gentle.reason}</p>}
        <p className={classes.sentence}>{forcedText(run.process !== null, graceS)}</p>
        <NumberInput
          label="Seconds for each of these steps"
          min={0}
          max={LONGEST_GRACE_S}
          clampBehavior="strict"
          value={graceS}
          onChange={(value) => setGraceS(typeof value === 'number' ? value : GRACE_S)}
        />
        <Button color="red" loading={stop.isPending} onClick={() => stop.mutate({ graceMs: graceS * 1_000 }, { onSuccess: onClose })}>
          {run.process === null ? 'End the run' : 'Stop the process'}
        </Button>
        {stop.error !== null && (
          <Alert color="red" variant="light" role="alert" title="It was not stopped">
            {stop.error.message}
          </Alert>
        )}
      </div>
    </Modal>
  );
}

function forcedText(supervised: boolean, graceS: number): string {
  if (!supervised) {
    return `XTrack did not start this training and cannot end its process: it is asked, and if nobody answers within ${graceS} s the run is marked as killed.`;
  }
  return `If it does not listen, its process is ended: asked first, after ${graceS} s SIGTERM, after ${graceS} s more SIGKILL. The run counts as killed then.`;
}
