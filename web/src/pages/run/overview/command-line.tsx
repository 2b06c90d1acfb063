// The command behind the run, to be started again by hand.

import type { ReactElement } from 'react';
import type { RunDetail } from '../../../api/types';
import { CopyButton } from '../../../components/copy-button';
import { FactsTable } from './facts-table';
import classes from './overview.module.css';
import { Panel } from './panel';
import { shellLine } from './shell-words';

export function CommandLine({ run: { process, exit } }: { readonly run: RunDetail }): ReactElement | null {
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
