// Sets or removes one tag on many runs.

import { Autocomplete, Button, Group, Modal, TextInput } from '@mantine/core';
import { type FormEvent, type ReactElement, useState } from 'react';
import { isReservedTag, RESERVED_PREFIX } from '../../../../src/protocol/reserved-tags.js';
import { useKeys } from '../../api/hooks';
import { plural } from '../../components/format';
import classes from './runs.module.css';

interface TagDialogProps {
  readonly count: number;
  readonly onTag: (tags: Readonly<Record<string, string | null>>) => void;
  readonly onClose: () => void;
}

export function TagDialog({ count, onTag, onClose }: TagDialogProps): ReactElement {
  const { data: keys } = useKeys();
  const [key, setKey] = useState('');
  const [value, setValue] = useState('');
  const name = key.trim();
  const ours = isReservedTag(name);
  const done = (tag: string | null): void => {
    onTag({ [name]: tag });
    onClose();
  };
  const set = (event: FormEvent): void => {
    event.preventDefault();
    if (name !== '' && !ours) done(value.trim());
  };
  return (
    <Modal opened onClose={onClose} title={`Tag ${plural(count, 'run')}`}>
      <form className={classes.form} onSubmit={set}>
        <Autocomplete
          label="Tag"
          data-autofocus
          data={(keys?.tags ?? []).filter((one) => !isReservedTag(one))}
          limit={20}
          maxLength={250}
          value={key}
          error={ours ? `Tags that begin with ${RESERVED_PREFIX} are XTrack’s own.` : null}
          onChange={setKey}
        />
        <TextInput label="Value" maxLength={1_000} value={value} onChange={(event) => setValue(event.currentTarget.value)} />
        <Group justify="space-between" gap={8}>
          <Button variant="subtle" color="red" disabled={name === '' || ours} onClick={() => done(null)}>
            Remove the tag
          </Button>
          <Button type="submit" disabled={name === '' || ours}>
            Set
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
