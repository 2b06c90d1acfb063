// Opens the picker of runs.

import { Button } from '@mantine/core';
import { type ReactElement, useState } from 'react';
import { Icon } from '../../../components/icon';
import { type PickerProps, RunPicker } from './run-picker';

export function PickButton(props: PickerProps): ReactElement {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button
        variant={props.selected.length === 0 ? 'filled' : 'default'}
        leftSection={<Icon name="plus" size={14} />}
        onClick={() => setOpened(true)}
      >
        {props.selected.length === 0 ? 'Pick runs' : 'Add runs'}
      </Button>
      <RunPicker {...props} opened={opened} onClose={() => setOpened(false)} />
    </>
  );
}
