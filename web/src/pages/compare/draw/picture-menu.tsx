// A picture as a file, and as a table.

import { ActionIcon, Menu } from '@mantine/core';
import type { ReactElement } from 'react';
import { type Cell, csvOf } from '../../../charts/save/csv';
import { downloadCsv, downloadPng, downloadSvg } from '../../../charts/save/export';
import { Icon } from '../../../components/icon';
import classes from '../compare.module.css';
import { type Picture, paintingOf } from './shapes';

export interface Values {
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

interface PictureMenuProps {
  /** Of the files, without ending. */
  readonly name: string;
  /** As it goes into a file; undefined: there is none. */
  readonly picture: (() => Picture) | undefined;
  readonly values: () => Values;
  readonly isTable?: boolean;
  /** Left out: the table is there anyway. */
  readonly onTable?: () => void;
}

export function PictureMenu({ name, picture, values, isTable = false, onTable }: PictureMenuProps): ReactElement {
  const csv = (): void => {
    const { head, rows } = values();
    downloadCsv(name, csvOf(head, rows));
  };
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon className={classes.menuButton ?? ''} variant="default" size={30} aria-label={`Menu of ${name}`}>
          <Icon name="more" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {onTable !== undefined && <Menu.Item onClick={onTable}>{isTable ? 'Show as picture' : 'Show as table'}</Menu.Item>}
        {picture !== undefined && <Menu.Item onClick={() => void downloadPng(name, paintingOf(picture()))}>Download PNG</Menu.Item>}
        {picture !== undefined && <Menu.Item onClick={() => downloadSvg(name, paintingOf(picture()))}>Download SVG</Menu.Item>}
        <Menu.Item onClick={csv}>Download CSV</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
