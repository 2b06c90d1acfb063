// The run's name, changed where it stands.

import { ActionIcon, Button, TextInput } from '@mantine/core';
import { type FormEvent, type KeyboardEvent, type ReactElement, useState } from 'react';
import { usePatchRun } from '../../../api/hooks';
import type { RunDetail } from '../../../api/types';
import classes from '../run.module.css';

const LONGEST_NAME = 256;

export function RunName({ run, canWrite }: { readonly run: RunDetail; readonly canWrite: boolean }): ReactElement {
  const [editing, setEditing] = useState(false);
  if (editing) return <NameForm run={run} onDone={() => setEditing(false)} />;
  return (
    <>
      <h1 className={classes.name}>{run.name ?? run.runId}</h1>
      {canWrite && (
        <ActionIcon variant="subtle" color="gray" aria-label="Rename the run" title="Rename" onClick={() => setEditing(true)}>
          ✎
        </ActionIcon>
      )}
    </>
  );
}

function NameForm({ run, onDone }: { readonly run: RunDetail; readonly onDone: () => void }): ReactElement {
  const [name, setName] = useState(run.name ?? '');
  const patch = usePatchRun();
  const save = (event: FormEvent): void => {
    event.preventDefault();
    const wanted = name.trim();
    if (wanted === '' || wanted === run.name) onDone();
    else patch.mutate({ runId: run.runId, patch: { name: wanted } }, { onSuccess: onDone });
  };
  const leave = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    onDone();
  };
  return (
    <form className={`${classes.row} ${classes.nameEdit}`} onSubmit={save}>
      <TextInput
        className={classes.nameEdit}
        aria-label="Name of the run"
        value={name}
        maxLength={LONGEST_NAME}
        error={patch.error?.message}
        onChange={(event) => setName(event.currentTarget.value)}
        onKeyDown={leave}
        data-autofocus
        autoFocus
      />
      <Button type="submit" size="compact-sm" loading={patch.isPending}>
        Save
      </Button>
      <Button size="compact-sm" variant="default" onClick={onDone}>
        Cancel
      </Button>
    </form>
  );
}
