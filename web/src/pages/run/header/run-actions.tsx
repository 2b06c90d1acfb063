// What can be done with the run as a whole: steer, compare, export, archive, publish, delete.

import { Button, Menu } from '@mantine/core';
import { type ReactElement, useState } from 'react';
import { Link } from 'wouter';
import { compareAddress } from '../../../api/addresses';
import { apiAddress, segment } from '../../../api/client';
import { useDeleteRun, usePatchRun, useRestoreRun } from '../../../api/hooks';
import type { RunDetail } from '../../../api/types';
import { ConfirmDialog } from '../../../components/confirm-dialog';
import { KeyHint } from '../../../components/keys/key-hint';
import classes from '../run.module.css';
import type { RunRights } from '../run-rights';

export interface RunActionsProps extends RunRights {
  readonly run: RunDetail;
  readonly steering: boolean;
  readonly onSteer: () => void;
}

export function RunActions({ run, steering, onSteer, ...rights }: RunActionsProps): ReactElement {
  return (
    <div className={classes.actions}>
      <Button size="compact-sm" variant={run.live ? 'filled' : 'default'} aria-expanded={steering} aria-keyshortcuts="s" onClick={onSteer}>
        Steer&nbsp;
        <KeyHint keys="s" />
      </Button>
      <Button size="compact-sm" variant="default" component={Link} href={compareAddress([run.runId])}>
        Compare with…
      </Button>
      <ExportMenu run={run} />
      {rights.canWrite && <MoreMenu run={run} {...rights} />}
    </div>
  );
}

const EXPORTS = [
  ['metrics', 'csv', 'Metrics, CSV'],
  ['metrics', 'parquet', 'Metrics, Parquet'],
  ['metrics', 'jsonl', 'Metrics, JSON lines'],
  ['params', 'csv', 'Params, CSV'],
  ['tags', 'csv', 'Tags, CSV'],
  ['logs', 'jsonl', 'Logs, JSON lines'],
  ['metrics', 'xtrack', 'Everything, as an XTrack event log'],
] as const;

function ExportMenu({ run }: { readonly run: RunDetail }): ReactElement {
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button size="compact-sm" variant="default">
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {EXPORTS.map(([what, format, label]) => (
          <Menu.Item
            key={label}
            component="a"
            download
            href={apiAddress(`/runs/${segment(run.runId)}/export?what=${what}&format=${format}`)}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function MoreMenu({ run, canAdmin }: { readonly run: RunDetail } & RunRights): ReactElement {
  const [asking, setAsking] = useState(false);
  const patch = usePatchRun();
  const remove = useDeleteRun();
  const restore = useRestoreRun();
  const error = patch.error ?? remove.error ?? restore.error;
  const { runId } = run;
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button
            size="compact-sm"
            variant="default"
            aria-label="More actions"
            loading={patch.isPending || remove.isPending || restore.isPending}
          >
            ⋯
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            role="menuitemcheckbox"
            aria-checked={run.archived}
            onClick={() => patch.mutate({ runId, patch: { archived: !run.archived } })}
          >
            {run.archived ? '✓ Archived' : 'Archive'}
          </Menu.Item>
          <Menu.Item
            role="menuitemcheckbox"
            aria-checked={run.public}
            disabled={!canAdmin}
            onClick={() => patch.mutate({ runId, patch: { public: !run.public } })}
          >
            {run.public ? '✓ Public: anybody may look' : 'Make public'}
            {!canAdmin && ' (needs an admin key)'}
          </Menu.Item>
          <Menu.Divider />
          {run.deletedAt === null ? (
            <Menu.Item color="red" disabled={run.live} onClick={() => setAsking(true)}>
              Delete…{run.live && ' (once it has ended)'}
            </Menu.Item>
          ) : (
            <Menu.Item onClick={() => restore.mutate(runId)}>Restore from the trash</Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {error !== null && <span role="alert">{error.message}</span>}
      <ConfirmDialog
        opened={asking}
        title="Move this run to the trash?"
        confirmLabel="Move to the trash"
        onConfirm={() => {
          setAsking(false);
          remove.mutate(runId);
        }}
        onClose={() => setAsking(false)}
      >
        Nothing of it is lost until the trash is emptied; until then it can be restored.
      </ConfirmDialog>
    </>
  );
}
