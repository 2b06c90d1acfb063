// Everything about a run that is said in words and single numbers.

import type { ReactElement } from 'react';
import type { RunDetail } from '../../../api/types';
import { CopyButton } from '../../../components/copy-button';
import { EnvironmentPanel, PackagesPanel } from './environment-panel';
import { FactsTable } from './facts-table';
import { FinalMetrics } from './final-metrics';
import { LineagePanel } from './lineage-panel';
import classes from './overview.module.css';
import { Panel } from './panel';
import { ParamsPanel } from './params-panel';
import { shellLine } from './shell-words';
import { SourcePanel } from './source-panel';
import { CountsPanel, WorkersPanel } from './workers-panel';

export function OverviewTab({ run }: { readonly run: RunDetail }): ReactElement {
  return (
    <div className={classes.panels}>
      <div className={classes.column}>
        <ParamsPanel run={run} />
        <SourcePanel run={run} />
        <EnvironmentPanel run={run} />
        <PackagesPanel run={run} />
      </div>
      <div className={classes.column}>
        <FinalMetrics run={run} />
        <CommandLine run={run} />
        <LineagePanel run={run} />
        <WorkersPanel run={run} />
        <CountsPanel run={run} />
      </div>
    </div>
  );
}

function CommandLine({ run: { process, exit } }: { readonly run: RunDetail }): ReactElement | null {
  if (process === null) return null;
  const line = shellLine([process.command, ...process.args]);
  return (
    <Panel title="Command line">
      <div className={classes.command}>
        <pre>{line}</pre>
        <CopyButton value={line} label="Copy the command" />
      </div>
      <FactsTable
        rows={[
          ['Folder', process.cwd],
          ['Process', process.pid],
          ['Exit', exit === null ? undefined : (exit.signal ?? (exit.code === null ? 'not known' : `code ${exit.code}`))],
        ]}
      />
    </Panel>
  );
}
