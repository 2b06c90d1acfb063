// Chooses what the runs are grouped by.

import { Button, Menu, TextInput } from '@mantine/core';
import { type ReactElement, useState } from 'react';
import { isReservedTag } from '../../../../../src/protocol/reserved-tags.js';
import { useKeys } from '../../../api/hooks';
import { Icon } from '../../../components/icon';
import { labelOf, paramExpr, tagExpr } from '../columns/columns';
import classes from '../picker.module.css';

const FIELDS = ['experiment', 'status', 'started'];
const MOST = 40;

interface GroupMenuProps {
  readonly group: string | null;
  readonly onGroup: (expr: string | null) => void;
}

export function GroupMenu({ group, onGroup }: GroupMenuProps): ReactElement {
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <Button
          className={classes.tool ?? ''}
          aria-label={group === null ? 'Group' : `Group: ${labelOf(group)}`}
          variant={group === null ? 'default' : 'light'}
          leftSection={<Icon name="group" size={14} />}
        >
          <span className={classes.toolText}>{group === null ? 'Group' : labelOf(group)}</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Choices group={group} onGroup={onGroup} />
      </Menu.Dropdown>
    </Menu>
  );
}

function Choices({ group, onGroup }: GroupMenuProps): ReactElement {
  const { data: keys } = useKeys();
  const [wanted, setWanted] = useState('');
  const tags = (keys?.tags ?? []).filter((key) => !isReservedTag(key)).map(tagExpr);
  const fits = (expr: string): boolean => labelOf(expr).toLowerCase().includes(wanted.trim().toLowerCase());
  const chapters = [
    { title: 'Of the run', exprs: FIELDS.filter(fits) },
    { title: 'Tags', exprs: tags.filter(fits).slice(0, MOST) },
    { title: 'Params', exprs: (keys?.params ?? []).map(paramExpr).filter(fits).slice(0, MOST) },
  ].filter(({ exprs }) => exprs.length > 0);
  return (
    <>
      <TextInput
        placeholder="A tag or param"
        aria-label="Find what to group by"
        value={wanted}
        onChange={(event) => setWanted(event.currentTarget.value)}
      />
      <div className={classes.lists}>
        {group !== null && <Menu.Item onClick={() => onGroup(null)}>Do not group</Menu.Item>}
        {chapters.map(({ title, exprs }) => (
          <div key={title}>
            <Menu.Label>{title}</Menu.Label>
            {exprs.map((expr) => (
              <Menu.Item
                key={expr}
                rightSection={expr === group ? <Icon name="check" size={14} /> : undefined}
                onClick={() => onGroup(expr)}
              >
                {expr === 'started' ? 'Day of the start' : labelOf(expr)}
              </Menu.Item>
            ))}
          </div>
        ))}
      </div>
    </>
  );
}
