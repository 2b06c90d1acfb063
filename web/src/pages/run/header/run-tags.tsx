// The run's tags: each can be taken away, more can be added.

import { ActionIcon, Button, TextInput } from '@mantine/core';
import { type FormEvent, type ReactElement, useState } from 'react';
import { isReservedTag, RESERVED_PREFIX } from '../../../../../src/protocol/reserved-tags.js';
import { usePatchRun } from '../../../api/hooks';
import type { RunDetail } from '../../../api/types';
import { Icon } from '../../../components/icon';
import classes from '../run.module.css';

export function RunTags({ run, canWrite }: { readonly run: RunDetail; readonly canWrite: boolean }): ReactElement | null {
  const [adding, setAdding] = useState(false);
  const patch = usePatchRun();
  const tags = Object.entries(run.tags).filter(([key]) => !isReservedTag(key));
  if (tags.length === 0 && !canWrite) return null;
  const remove = (key: string): void => patch.mutate({ runId: run.runId, patch: { tags: { [key]: null } } });
  return (
    <div className={classes.tags}>
      {tags.map(([key, value]) => (
        <span key={key} className={classes.tag} title={`${key}: ${value}`}>
          <span>
            <span className={classes.tagKey}>{key}</span> {value}
          </span>
          {canWrite && (
            <ActionIcon
              size={18}
              radius="xl"
              variant="subtle"
              color="gray"
              aria-label={`Remove the tag ${key}`}
              onClick={() => remove(key)}
            >
              <Icon name="close" size={12} />
            </ActionIcon>
          )}
        </span>
      ))}
      {canWrite && !adding && (
        <Button size="compact-xs" variant="subtle" color="gray" onClick={() => setAdding(true)}>
          + tag
        </Button>
      )}
      {adding && <TagForm run={run} onDone={() => setAdding(false)} />}
      {patch.error !== null && <span role="alert">{patch.error.message}</span>}
    </div>
  );
}

function TagForm({ run, onDone }: { readonly run: RunDetail; readonly onDone: () => void }): ReactElement {
  const [key, setKey] = useState('');
  const [value, setValue] = useState('');
  const patch = usePatchRun();
  const own = isReservedTag(key.trim());
  const save = (event: FormEvent): void => {
    event.preventDefault();
    if (key.trim() === '' || own) return;
    patch.mutate({ runId: run.runId, patch: { tags: { [key.trim()]: value.trim() } } }, { onSuccess: onDone });
  };
  return (
    <form className={classes.tagForm} onSubmit={save} onKeyDown={(event) => event.key === 'Escape' && onDone()}>
      <TextInput
        size="xs"
        placeholder="key"
        aria-label="Key of the tag"
        maxLength={256}
        value={key}
        error={own ? `${RESERVED_PREFIX}… is reserved` : patch.error?.message}
        onChange={(event) => setKey(event.currentTarget.value)}
        autoFocus
      />
      <TextInput
        size="xs"
        placeholder="value"
        aria-label="Value of the tag"
        maxLength={1024}
        value={value}
        onChange={(event) => setValue(event.currentTarget.value)}
      />
      <Button type="submit" size="xs" variant="default" loading={patch.isPending} disabled={key.trim() === '' || own}>
        Add
      </Button>
    </form>
  );
}
