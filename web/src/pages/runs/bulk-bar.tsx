// What can be done with the selected runs; it stands at the bottom of the table while any are selected.

import { Button, CloseButton } from '@mantine/core';
import { type ReactElement, useState } from 'react';
import type { Rights } from '../../api/rights';
import { ConfirmDialog } from '../../components/confirm-dialog';
import { plural } from '../../components/format';
import { Icon } from '../../components/icon';
import classes from './runs.module.css';
import { TagDialog } from './tag-dialog';
import type { BulkActions } from './use-bulk-actions';

interface BulkBarProps {
  readonly runIds: readonly string[];
  readonly trash: boolean;
  /** All of them are archived already. */
  readonly archived: boolean;
  readonly rights: Rights;
  readonly bulk: BulkActions;
  readonly onCompare: () => void;
  readonly onPin: () => void;
  readonly onClear: () => void;
}

const NEEDS_WRITE = 'Your key may only look: that takes one with the scope "write".';

export function BulkBar(props: BulkBarProps): ReactElement {
  const { runIds, trash, onClear } = props;
  return (
    <section className={classes.bulk} aria-label="Selected runs">
      <span className={classes.bulkCount} role="status">
        {plural(runIds.length, 'run')} selected
      </span>
      {trash ? <TrashActions {...props} /> : <ListActions {...props} />}
      <CloseButton size="sm" aria-label="Select none" title="Select none (Esc)" onClick={onClear} />
    </section>
  );
}

function ListActions({ runIds, archived, rights, bulk, onCompare, onPin, onClear }: BulkBarProps): ReactElement {
  const [tagging, setTagging] = useState(false);
  const act = (work: Promise<void>): void => {
    onClear();
    void work;
  };
  const guarded = { disabled: !rights.write || bulk.busy, title: rights.write ? undefined : NEEDS_WRITE, variant: 'default' as const };
  return (
    <>
      <Button
        leftSection={<Icon name="compare" size={14} />}
        disabled={runIds.length < 2 || runIds.length > 100}
        title={runIds.length > 100 ? 'At most 100 runs can be compared' : 'Compare (c)'}
        onClick={onCompare}
      >
        Compare
      </Button>
      <Button variant="default" leftSection={<Icon name="pin" size={14} />} onClick={onPin}>
        Pin
      </Button>
      <Button {...guarded} leftSection={<Icon name="tag" size={14} />} onClick={() => setTagging(true)}>
        Tag
      </Button>
      <Button {...guarded} leftSection={<Icon name="archive" size={14} />} onClick={() => act(bulk.archive(runIds, !archived))}>
        {archived ? 'Unarchive' : 'Archive'}
      </Button>
      <Button {...guarded} leftSection={<Icon name="trash" size={14} />} onClick={() => act(bulk.toTrash(runIds))}>
        Delete
      </Button>
      {tagging && <TagDialog count={runIds.length} onClose={() => setTagging(false)} onTag={(tags) => void bulk.tag(runIds, tags)} />}
    </>
  );
}

function TrashActions({ runIds, rights, bulk, onClear }: BulkBarProps): ReactElement {
  const [asking, setAsking] = useState(false);
  const act = (work: Promise<void>): void => {
    onClear();
    void work;
  };
  return (
    <>
      <Button
        leftSection={<Icon name="restore" size={14} />}
        disabled={!rights.write || bulk.busy}
        title={rights.write ? undefined : NEEDS_WRITE}
        onClick={() => act(bulk.restore(runIds))}
      >
        Restore
      </Button>
      <Button
        variant="default"
        disabled={!rights.admin || bulk.busy}
        title={rights.admin ? undefined : 'That takes an admin key.'}
        onClick={() => setAsking(true)}
      >
        Delete for good
      </Button>
      <ConfirmDialog
        opened={asking}
        title={`Delete ${plural(runIds.length, 'run')} for good?`}
        confirmLabel="Delete for good"
        onClose={() => setAsking(false)}
        onConfirm={() => {
          setAsking(false);
          act(bulk.purge(runIds));
        }}
      >
        Their metrics, logs and events are removed from this store. Nothing brings them back.
      </ConfirmDialog>
    </>
  );
}
