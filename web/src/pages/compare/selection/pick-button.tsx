// Opens the picker of runs.

import { Button } from '@mantine/core';
import { type ReactElement, useState } from 'react';
import type { RunRow } from '../../../api/types';
import { Icon } from '../../../components/icon';
import type { CompareState } from '../compare-state';
import type { UpdateState } from '../use-compare-state';
import { RunPicker } from './run-picker';

export interface PickerProps {
  readonly state: CompareState;
  readonly update: UpdateState;
  readonly selected: readonly RunRow[];
}

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
