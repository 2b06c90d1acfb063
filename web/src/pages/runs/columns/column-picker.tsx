// Opens the panel in which columns are chosen.

import { Button, Popover } from '@mantine/core';
import { lazy, type ReactElement, Suspense } from 'react';
import { Icon } from '../../../components/icon';
import classes from '../picker.module.css';
import type { ColumnPanelProps } from './column-panel';

const ColumnPanel = lazy(async () => ({ default: (await import('./column-panel')).ColumnPanel }));

export function ColumnPicker(props: ColumnPanelProps): ReactElement {
  return (
    <Popover position="bottom-end" width={380} trapFocus returnFocus>
      <Popover.Target>
        <Button className={classes.tool ?? ''} variant="default" leftSection={<Icon name="columns" size={14} />} aria-label="Columns">
          <span className={classes.toolText}>Columns</span>
        </Button>
      </Popover.Target>
      <Popover.Dropdown className={classes.panel}>
        <Suspense fallback={null}>
          <ColumnPanel {...props} />
        </Suspense>
      </Popover.Dropdown>
    </Popover>
  );
}
