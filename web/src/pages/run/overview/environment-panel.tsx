// What the run ran on, and with which packages.

import { TextInput } from '@mantine/core';
import { type ReactElement, useState } from 'react';
import type { RunDetail } from '../../../api/types';
import { CopyButton } from '../../../components/copy-button';
import { formatBytes } from '../../../components/format';
import { FactsTable } from './facts-table';
import classes from './overview.module.css';
import { Panel } from './panel';

export function EnvironmentPanel({ run: { environment } }: { readonly run: RunDetail }): ReactElement | null {
  if (environment === null) return null;
  const { pythonVersion, platform, hostname, gpus = [], envVars = {} } = environment;
  return (
    <Panel title="Environment">
      <FactsTable
        rows={[
          ['Python', pythonVersion],
          ['Platform', platform],
          ['Host', hostname],
          ['GPUs', gpus.map(({ name, memory }) => (memory === undefined ? name : `${name} (${formatBytes(memory)})`)).join(', ')],
          ...Object.entries(envVars),
        ]}
      />
    </Panel>
  );
}

export function PackagesPanel({ run: { environment } }: { readonly run: RunDetail }): ReactElement | null {
  const [filter, setFilter] = useState('');
  const packages = Object.entries(environment?.packages ?? {}).sort(([a], [b]) => a.localeCompare(b));
  if (packages.length === 0) return null;
  const shown = packages.filter(([name]) => name.toLowerCase().includes(filter.trim().toLowerCase()));
  return (
    <Panel
      title={`Packages (${packages.length})`}
      actions={
        <>
          <TextInput
            size="xs"
            placeholder="Filter"
            aria-label="Filter packages"
            value={filter}
            onChange={(event) => setFilter(event.currentTarget.value)}
          />
          <CopyButton value={packages.map(([name, version]) => `${name}==${version}`).join('\n')} label="Copy as requirements.txt" />
        </>
      }
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a stretch that scrolls must be reachable with the keyboard */}
      <section className={classes.scroll} tabIndex={0} aria-label="Packages">
        <FactsTable rows={shown} />
      </section>
    </Panel>
  );
}
