// Everything about a run that is said in words and single numbers.

import type { ReactElement } from 'react';
import type { RunDetail } from '../../../api/types';
import { CommandLine } from './command-line';
import { EnvironmentPanel, PackagesPanel } from './environment-panel';
import { FinalMetrics } from './final-metrics';
import { LineagePanel } from './lineage-panel';
import classes from './overview.module.css';
import { ParamsPanel } from './params-panel';
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
