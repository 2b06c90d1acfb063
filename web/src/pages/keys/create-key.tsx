// Makes a key: its name, what it may do, for which experiment, until when.

import { Autocomplete, Button, Modal, Select, TextInput } from '@mantine/core';
import { type FormEvent, type ReactElement, useState } from 'react';
import { useCreateKey, useExperiments } from '../../api/hooks';
import type { ApiKey } from '../../api/types';
import classes from './keys.module.css';

const SCOPES: { value: ApiKey['scope']; label: string }[] = [
  { value: 'read', label: 'read: look at runs' },
  { value: 'write', label: 'write: log, edit and steer runs' },
  { value: 'admin', label: 'admin: everything, keys too' },
];
const LIVES = [
  { value: '', label: 'never' },
  { value: '1', label: 'in a day' },
  { value: '7', label: 'in a week' },
  { value: '30', label: 'in 30 days' },
  { value: '365', label: 'in a year' },
];
const DAY_MS = 86_400_000;

interface CreateKeyProps {
  readonly onMade: (made: { readonly name: string; readonly key: string }) => void;
  readonly onClose: () => void;
}

export function CreateKey({ onMade, onClose }: CreateKeyProps): ReactElement {
  const { data: experiments = [] } = useExperiments();
  const create = useCreateKey();
  const [name, setName] = useState('');
  const [scope, setScope] = useState<ApiKey['scope']>('write');
  const [experiment, setExperiment] = useState('');
  const [days, setDays] = useState('');
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const request = {
      ...{ name: name.trim(), scope },
      ...(experiment.trim() !== '' && { experiment: experiment.trim() }),
      ...(days !== '' && { expiresAt: new Date(Date.now() + Number(days) * DAY_MS).toISOString() }),
    };
    create.mutate(request, {
      onSuccess: (made) => {
        onMade(made);
        onClose();
      },
    });
  };
  return (
    <Modal opened onClose={onClose} title="New key">
      <form className={classes.form} onSubmit={submit}>
        <TextInput
          label="Name"
          description="Stands beside what is done with it"
          data-autofocus
          required
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Select
          label="May"
          data={SCOPES}
          allowDeselect={false}
          value={scope}
          onChange={(value) => value !== null && setScope(value as ApiKey['scope'])}
        />
        <Autocomplete
          label="Experiment"
          description="Only its runs; empty: all"
          data={experiments.flatMap(({ experimentId }) => experimentId ?? [])}
          limit={50}
          maxLength={256}
          value={experiment}
          onChange={setExperiment}
        />
        <Select label="Ends" data={LIVES} allowDeselect={false} value={days} onChange={(value) => setDays(value ?? '')} />
        {create.error !== null && (
          <p className={classes.bad} role="alert">
            {create.error.message}
          </p>
        )}
        <Button type="submit" loading={create.isPending} disabled={name.trim() === ''}>
          Make the key
        </Button>
      </form>
    </Modal>
  );
}
