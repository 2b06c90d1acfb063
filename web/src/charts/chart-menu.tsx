// What can be done with a chart: a table of it, its pictures and its numbers as files.

import { ActionIcon, Menu } from '@mantine/core';
import type { ReactElement, ReactNode } from 'react';

export interface ChartMenuProps {
  readonly title: string;
  readonly isTable: boolean;
  readonly onTable: () => void;
  readonly onDownload: (kind: 'png' | 'svg' | 'csv') => void;
  readonly children?: ReactNode;
}

export function ChartMenu({ title, isTable, onTable, onDownload, children }: ChartMenuProps): ReactElement {
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="sm" aria-label={`Menu of ${title}`}>
          <span aria-hidden="true">⋯</span>
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {children}
        <Menu.Item onClick={onTable}>{isTable ? 'Show as chart' : 'Show as table'}</Menu.Item>
        <Menu.Divider />
        <Menu.Item onClick={() => onDownload('png')}>Download PNG</Menu.Item>
        <Menu.Item onClick={() => onDownload('svg')}>Download SVG</Menu.Item>
        <Menu.Item onClick={() => onDownload('csv')}>Download CSV</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
