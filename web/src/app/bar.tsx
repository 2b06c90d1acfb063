// The bar at the top: find anything, how the connection is, the theme, the keys.

import { ActionIcon, Menu, useMantineColorScheme } from '@mantine/core';
import type { ReactElement } from 'react';
import { useLiveState } from '../api/live/live';
import { Icon, type IconName } from '../components/icon';
import { KeyHint } from '../components/keys/key-hint';
import { Logo } from './logo';
import classes from './shell.module.css';

interface BarProps {
  readonly onFind: () => void;
  readonly onHelp: () => void;
  readonly onMenu: () => void;
}

export function Bar({ onFind, onHelp, onMenu }: BarProps): ReactElement {
  return (
    <header className={classes.bar}>
      <ActionIcon className={classes.burger} variant="subtle" color="gray" aria-label="Navigation" onClick={onMenu}>
        <Icon name="menu" />
      </ActionIcon>
      <span className={classes.barLogo}>
        <Logo />
      </span>
      <button type="button" className={classes.find} onClick={onFind} aria-keyshortcuts="Control+K Meta+K">
        <Icon name="search" size={14} />
        <span className={classes.findText}>Find a page, a run or an action</span>
        <KeyHint keys="mod+k" />
      </button>
      <span className={classes.space} />
      <LiveSign />
      <ThemeSwitch />
      <ActionIcon variant="subtle" color="gray" aria-label="Show the keys" title="Keys (?)" onClick={onHelp}>
        <Icon name="help" />
      </ActionIcon>
    </header>
  );
}

const SIGNS = {
  connecting: { text: 'Connecting', title: 'The live stream is being opened.' },
  live: { text: 'Live', title: 'Everything here changes as it happens.' },
  reconnecting: {
    text: 'Reconnecting',
    title: 'The live stream broke off. What is shown may be old; it goes on by itself, and nothing is lost.',
  },
} as const;

function LiveSign(): ReactElement {
  const state = useLiveState();
  const { text, title } = SIGNS[state];
  return (
    <span className={classes.live} data-state={state} role="status" title={title}>
      <span className={classes.liveDot} aria-hidden />
      <span className={classes.liveText}>{text}</span>
    </span>
  );
}

const SCHEMES: readonly { readonly value: 'auto' | 'light' | 'dark'; readonly label: string; readonly icon: IconName }[] = [
  { value: 'auto', label: 'As the system', icon: 'monitor' },
  { value: 'light', label: 'Light', icon: 'sun' },
  { value: 'dark', label: 'Dark', icon: 'moon' },
];

function ThemeSwitch(): ReactElement {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const chosen = SCHEMES.find(({ value }) => value === colorScheme);
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label="Theme" title="Theme">
          <Icon name={chosen?.icon ?? 'monitor'} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {SCHEMES.map(({ value, label, icon }) => (
          <Menu.Item
            key={value}
            role="menuitemradio"
            aria-checked={value === colorScheme}
            leftSection={<Icon name={icon} />}
            rightSection={value === colorScheme ? <Icon name="check" /> : undefined}
            onClick={() => setColorScheme(value)}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
