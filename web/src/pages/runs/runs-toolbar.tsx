// The bar above the table: search, and how the table is cut.

import { ActionIcon, Button, Menu } from '@mantine/core';
import type { ReactElement } from 'react';
import { formatCount } from '../../components/format';
import { Icon } from '../../components/icon';
import { ColumnPicker } from './columns/column-picker';
import type { RunColumn } from './columns/columns';
import type { ColumnActions } from './columns/use-column-actions';
import classes from './runs.module.css';
import { SearchBar } from './search/search-bar';
import { GroupMenu } from './table/group-menu';
import type { TableData } from './table/use-table-data';
import type { ViewControl } from './view/use-view';
import { writeView } from './view/view-state';
import { ViewsMenu } from './view/views-menu';

interface RunsToolbarProps {
  readonly control: ViewControl;
  readonly data: TableData;
  readonly columns: readonly RunColumn[];
  readonly actions: ColumnActions;
  /** It is the page's first heading. */
  readonly heading: boolean;
  /** The curves of the runs are beside them. */
  readonly charts: boolean;
  readonly onCharts: () => void;
}

export function RunsToolbar({ control, data, columns, actions, heading, charts, onCharts }: RunsToolbarProps): ReactElement {
  const { view, adjust, go, open } = control;
  const Title = heading ? 'h1' : 'h2';
  return (
    <div className={classes.bar}>
      <Title className={classes.title}>
        {view.trash ? 'Trash' : 'Runs'} <span className={classes.count}>{countText(data)}</span>
      </Title>
      <SearchBar q={view.q} onSearch={(q) => adjust({ q })} disabledReason={view.trash ? 'Words in names and ids' : null} />
      <div className={classes.tools}>
        {!view.trash && (
          <Button
            size="compact-sm"
            h={30}
            variant={charts ? 'light' : 'default'}
            aria-pressed={charts}
            title="Show the curves of these runs (T)"
            onClick={onCharts}
          >
            Charts
          </Button>
        )}
        {!view.trash && <GroupMenu group={view.group} onGroup={actions.group} />}
        <ColumnPicker columns={columns} actions={actions} onReset={() => adjust({ columns: null })} />
        <ViewsMenu search={writeView(view)} onOpen={open} />
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon variant="default" size={30} aria-label="More">
              <Icon name="more" />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {!view.trash && (
              <Menu.Item
                role="menuitemcheckbox"
                aria-checked={view.archived}
                leftSection={<Icon name="archive" size={14} />}
                onClick={() => go({ archived: !view.archived })}
              >
                {view.archived ? 'Hide archived runs' : 'Show archived runs'}
              </Menu.Item>
            )}
            <Menu.Item leftSection={<Icon name="trash" size={14} />} onClick={() => go({ trash: !view.trash, q: '' })}>
              {view.trash ? 'Leave the trash' : 'Open the trash'}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </div>
    </div>
  );
}

function countText({ runs, more, loading, error }: TableData): string {
  return loading || error !== null ? '' : `${formatCount(runs.length)}${more ? '+' : ''}`;
}
