// All keys of the page that is shown, by chapter.

import { Modal } from '@mantine/core';
import type { ReactElement } from 'react';
import { KeyHint } from '../components/keys/key-hint';
import { type Shortcut, useAllShortcuts } from '../components/keys/shortcuts';
import classes from './shell.module.css';

export function HelpSheet({ onClose }: { readonly onClose: () => void }): ReactElement {
  const shortcuts = useAllShortcuts();
  const groups = [...new Set(shortcuts.map(({ group }) => group))];
  return (
    <Modal opened onClose={onClose} title="Keys" size="lg">
      <div className={classes.help}>
        {groups.map((group) => (
          <Chapter key={group} title={group} shortcuts={shortcuts.filter((one) => one.group === group)} />
        ))}
      </div>
    </Modal>
  );
}

/** Keys that do the same stand together. */
function Chapter({ title, shortcuts }: { readonly title: string; readonly shortcuts: readonly Shortcut[] }): ReactElement {
  const labels = [...new Set(shortcuts.map(({ label }) => label))];
  return (
    <section>
      <h3>{title}</h3>
      <dl>
        {labels.map((label) => (
          <div key={label} className={classes.helpRow}>
            <dt>{label}</dt>
            <dd>
              {shortcuts
                .filter((one) => one.label === label)
                .flatMap(({ keys }) => keys.split(' '))
                .map((keys) => (
                  <KeyHint key={keys} keys={keys} />
                ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
