// Views with a name: opened, saved, forgotten.

import { ActionIcon, Button, Popover, TextInput } from '@mantine/core';
import { type FormEvent, type ReactElement, useState } from 'react';
import { Icon } from '../../../components/icon';
import { showToast } from '../../../components/toast-store';
import classes from '../picker.module.css';
import { removeView, saveView, useSavedViews } from './saved-views';

interface ViewsMenuProps {
  /** The view that is shown, as an address has it. */
  readonly search: string;
  readonly onOpen: (search: string) => void;
}

export function ViewsMenu({ search, onOpen }: ViewsMenuProps): ReactElement {
  const [opened, setOpened] = useState(false);
  const views = useSavedViews();
  const shown = views.find((view) => view.search === search);
  const open = (next: string): void => {
    setOpened(false);
    onOpen(next);
  };
  return (
    <Popover position="bottom-end" width={280} opened={opened} onChange={setOpened} trapFocus returnFocus>
      <Popover.Target>
        <Button
          className={classes.tool ?? ''}
          aria-label="Views"
          variant="default"
          leftSection={<Icon name="views" size={14} />}
          onClick={() => setOpened(!opened)}
        >
          <span className={classes.toolText}>{shown?.name ?? 'Views'}</span>
        </Button>
      </Popover.Target>
      <Popover.Dropdown className={classes.panel}>
        <ul className={classes.views}>
          {[{ name: 'All runs', search: '' }, ...views].map((view) => (
            <li key={view.name} className={classes.item}>
              <button type="button" className={classes.view} aria-current={view.search === search} onClick={() => open(view.search)}>
                {view.name}
              </button>
              {view.search !== '' && (
                <ActionIcon
                  size="sm"
                  variant="subtle"
                  color="gray"
                  aria-label={`Forget the view ${view.name}`}
                  onClick={() => removeView(view.name)}
                >
                  <Icon name="close" size={12} />
                </ActionIcon>
              )}
            </li>
          ))}
        </ul>
        <SaveForm search={search} onSaved={() => setOpened(false)} />
      </Popover.Dropdown>
    </Popover>
  );
}

function SaveForm({ search, onSaved }: { readonly search: string; readonly onSaved: () => void }): ReactElement {
  const [name, setName] = useState('');
  const save = (event: FormEvent): void => {
    event.preventDefault();
    if (name.trim() === '') return;
    saveView(name.trim(), search);
    showToast(`The view “${name.trim()}” is kept in this browser`);
    onSaved();
  };
  return (
    <form className={classes.top} onSubmit={save}>
      <TextInput
        className={classes.grow}
        placeholder="Name for this view"
        aria-label="Name for this view"
        maxLength={80}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Button type="submit" disabled={name.trim() === ''}>
        Save
      </Button>
    </form>
  );
}
