// Going on from a checkpoint: started by the server where it may, else the exact command to start it by hand.

import { Alert, Button, Modal } from '@mantine/core';
import type { ReactElement } from 'react';
import { useLocation } from 'wouter';
import { useInfo, useResume } from '../../../api/hooks';
import type { Checkpoint, RunDetail } from '../../../api/types';
import { CopyButton } from '../../../components/copy-button';
import classes from '../run.module.css';
import type { RunRights } from '../run-rights';
import { tabAddress } from '../tab-address';
import { resumeCommand } from './checkpoint-columns';

export interface CheckpointsTabProps extends RunRights {
  readonly run: RunDetail;
}

interface ResumeDialogProps extends CheckpointsTabProps {
  readonly checkpoint: Checkpoint;
  readonly onClose: () => void;
}

export function ResumeDialog({ run, checkpoint, canAdmin, onClose }: ResumeDialogProps): ReactElement {
  const { data: info } = useInfo();
  const [, navigate] = useLocation();
  const resume = useResume(run.runId);
  const command = resumeCommand(run, checkpoint.path);
  const obstacle = obstacleOf(info?.canSpawn === true, canAdmin, run.process !== null);
  return (
    <Modal opened onClose={onClose} title={`Go on from step ${checkpoint.step.toLocaleString('en')}`} size="lg">
      <p className={classes.says}>
        A new run starts as the child of this one. It finds the checkpoint in <code>XTRACK_RESUME_CHECKPOINT</code>
        {run.process === null && '; put your own command at the end, in place of python3 train.py'}.
      </p>
      <div className={classes.row} style={{ flexWrap: 'nowrap' }}>
        <pre className={classes.code} style={{ whiteSpace: 'pre-wrap', flex: 1 }}>
          {command}
        </pre>
        <CopyButton value={command} label="Copy the command" />
      </div>
      {resume.error !== null && (
        <Alert color="red" variant="light" title="It was not started" role="alert" style={{ marginTop: 8 }}>
          {resume.error.message}
        </Alert>
      )}
      <div className={classes.row} style={{ marginTop: 12 }}>
        <Button
          disabled={obstacle !== null}
          loading={resume.isPending}
          onClick={() => resume.mutate(checkpoint.id, { onSuccess: (child) => navigate(tabAddress(child.runId)) })}
        >
          Start it here
        </Button>
        {obstacle !== null && <span className={classes.message}>{obstacle}</span>}
      </div>
    </Modal>
  );
}

function obstacleOf(canSpawn: boolean, canAdmin: boolean, recorded: boolean): string | null {
  if (!recorded) return 'XTrack did not start this run, so it knows no command: copy the line above.';
  if (!canSpawn) return 'This server may not start processes: copy the line above.';
  return canAdmin ? null : 'Starting a process takes an admin key: copy the line above.';
}
