// Notes on the run: plain text, nothing of it is read as markup.

import { Button, Textarea } from '@mantine/core';
import { type ReactElement, useState } from 'react';
import { usePatchRun } from '../../../api/hooks';
import type { RunDetail } from '../../../api/types';
import classes from '../run.module.css';

const LONGEST_NOTES = 16_384;

export function RunNotes({ run, canWrite }: { readonly run: RunDetail; readonly canWrite: boolean }): ReactElement | null {
  const [editing, setEditing] = useState(false);
  if (editing) return <NotesForm run={run} onDone={() => setEditing(false)} />;
  const notes = run.notes ?? '';
  if (notes === '' && !canWrite) return null;
  return (
    <div className={classes.notes}>
      {notes !== '' && <p className={classes.notesText}>{notes}</p>}
      {canWrite && (
        <Button size="compact-xs" variant="subtle" color="gray" onClick={() => setEditing(true)}>
          {notes === '' ? '+ notes' : 'Edit notes'}
        </Button>
      )}
    </div>
  );
}

function NotesForm({ run, onDone }: { readonly run: RunDetail; readonly onDone: () => void }): ReactElement {
  const [text, setText] = useState(run.notes ?? '');
  const patch = usePatchRun();
  const save = (): void => patch.mutate({ runId: run.runId, patch: { notes: text.trim() === '' ? null : text } }, { onSuccess: onDone });
  return (
    <div className={classes.notesEdit}>
      <Textarea
        label="Notes"
        description="Plain text. Ctrl+Enter saves, Escape leaves."
        autosize
        minRows={3}
        maxRows={16}
        maxLength={LONGEST_NOTES}
        value={text}
        error={patch.error?.message}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onDone();
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) save();
        }}
        autoFocus
      />
      <div className={classes.row} style={{ marginTop: 6 }}>
        <Button size="compact-sm" loading={patch.isPending} onClick={save}>
          Save
        </Button>
        <Button size="compact-sm" variant="default" onClick={onDone}>
          Cancel
        </Button>
      </div>
    </div>
  );
}
