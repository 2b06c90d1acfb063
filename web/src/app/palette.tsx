// The command palette: type what you want, and go there or do it.

import { experimentAddress, runAddress } from '../api/addresses';
import '@mantine/spotlight/styles.layer.css';
import { useMantineColorScheme } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { createSpotlight, Spotlight } from '@mantine/spotlight';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type ReactElement, useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { readRuns, useExperiments } from '../api/hooks';
import { Icon, type IconName } from '../components/icon';
import { nameOf } from '../components/run-name';
import { StatusBadge } from '../components/status-badge';
import { PAGES } from './pages';
import classes from './shell.module.css';
import { wordsSearch } from './words-search';

const [store, spotlight] = createSpotlight();
const MOST = 8;
const PAUSE_MS = 120;

interface Entry {
  readonly id: string;
  readonly group: string;
  readonly label: string;
  readonly icon: IconName;
  readonly aside?: ReactElement | string;
  readonly run: () => void;
}

interface PaletteProps {
  readonly onClose: () => void;
  readonly onHelp: () => void;
}

export function Palette({ onClose, onHelp }: PaletteProps): ReactElement {
  const [query, setQuery] = useState('');
  const entries = useEntries(query, onHelp);
  const groups = [...new Set(entries.map(({ group }) => group))];
  useEffect(() => {
    spotlight.open();
    return () => spotlight.close();
  }, []);
  return (
    <Spotlight.Root
      store={store}
      query={query}
      onQueryChange={setQuery}
      onSpotlightClose={onClose}
      shortcut={null}
      attributes={{ content: { 'aria-label': 'Find a page, a run or an action' } }}
      lockScroll={false}
      transitionProps={{ duration: 80 }}
      centered={false}
      yOffset="12vh"
      overlayProps={{ blur: 0, backgroundOpacity: 0.4 }}
      size={560}
      radius={10}
      scrollable
      maxHeight={420}
    >
      <Spotlight.Search
        size="sm"
        placeholder="A page, a run, an experiment, an action…"
        aria-label="Find"
        leftSection={<Icon name="search" />}
      />
      <Spotlight.ActionsList>
        {groups.map((group) => (
          <Spotlight.ActionsGroup key={group} label={group}>
            {entries
              .filter((entry) => entry.group === group)
              .map(({ id, label, icon, aside, run }) => (
                <Spotlight.Action
                  key={id}
                  className={classes.found ?? ''}
                  label={label}
                  leftSection={<Icon name={icon} />}
                  rightSection={aside}
                  onClick={run}
                />
              ))}
          </Spotlight.ActionsGroup>
        ))}
        {entries.length === 0 && <Spotlight.Empty>Nothing has these words.</Spotlight.Empty>}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}

function useEntries(query: string, onHelp: () => void): readonly Entry[] {
  const [, navigate] = useLocation();
  const { setColorScheme } = useMantineColorScheme();
  const found = useFound(query, navigate);
  const wanted = query.trim().toLowerCase();
  const pages = PAGES.map(({ href, label, icon }): Entry => ({ id: href, group: 'Pages', label, icon, run: () => navigate(href) }));
  const actions: readonly Entry[] = [
    {
      id: 'live',
      group: 'Actions',
      label: 'Runs that failed today',
      icon: 'search',
      run: () => navigate(searchAddress("status = 'failed' and started > 1d")),
    },
    { id: 'trash', group: 'Actions', label: 'Open the trash', icon: 'trash', run: () => navigate('/runs?trash=1') },
    { id: 'light', group: 'Actions', label: 'Theme: light', icon: 'sun', run: () => setColorScheme('light') },
    { id: 'dark', group: 'Actions', label: 'Theme: dark', icon: 'moon', run: () => setColorScheme('dark') },
    { id: 'auto', group: 'Actions', label: 'Theme: as the system', icon: 'monitor', run: () => setColorScheme('auto') },
    { id: 'help', group: 'Actions', label: 'Show the keys', icon: 'help', run: onHelp },
  ];
  const own = [...pages, ...actions].filter(({ label }) => label.toLowerCase().includes(wanted));
  return wanted === '' ? own : [...found, ...own];
}

/** Runs and experiments by name. */
function useFound(query: string, navigate: (to: string) => void): readonly Entry[] {
  const [words] = useDebouncedValue(query.trim(), PAUSE_MS);
  const { data: page } = useQuery({
    queryKey: ['palette', words],
    queryFn: ({ signal }) =>
      readRuns({ q: wordsSearch(words), columns: [], deleted: false, archived: 'include', limit: MOST }, null, signal),
    enabled: words !== '',
    placeholderData: keepPreviousData,
  });
  const { data: experiments = [] } = useExperiments();
  const runs = (page?.runs ?? []).map(
    (run): Entry => ({
      id: run.runId,
      group: 'Runs',
      label: nameOf(run),
      icon: 'runs',
      aside: <StatusBadge status={run.status} />,
      run: () => navigate(runAddress(run.runId)),
    }),
  );
  const named = experiments.flatMap(({ experimentId }): Entry[] =>
    experimentId?.toLowerCase().includes(query.trim().toLowerCase()) === true
      ? [
          {
            id: `e ${experimentId}`,
            group: 'Experiments',
            label: experimentId,
            icon: 'flask',
            run: () => navigate(experimentAddress(experimentId)),
          },
        ]
      : [],
  );
  return [...runs, ...named.slice(0, MOST)];
}

function searchAddress(q: string): string {
  return `/runs?${new URLSearchParams({ q })}`;
}
