// What nobody should overlook: why a run failed, and what is missing or wrong in what it sent.

import { Alert, Button } from '@mantine/core';
import type { ReactElement } from 'react';
import { useRestoreRun } from '../../../api/hooks';
import type { RunDetail } from '../../../api/types';
import { stripAnsi } from '../logs/ansi';
import classes from '../run.module.css';
import { troublesOf } from './run-troubles';

/** What is wide scrolls inside instead of reaching beyond the page. */
const SHRINKS = { body: { minWidth: 0 } };

interface RunBannersProps {
  readonly run: RunDetail;
  readonly canWrite: boolean;
}

export function RunBanners({ run, canWrite }: RunBannersProps): ReactElement {
  return (
    <>
      {run.deletedAt !== null && <Trashed run={run} canWrite={canWrite} />}
      <Failure run={run} />
      {troublesOf(run).map(({ title, severity, lines }) => (
        <Alert key={title} color={severity === 'warning' ? 'yellow' : 'gray'} variant="light" title={title}>
          <details>
            <summary>What exactly</summary>
            <ul className={classes.list}>
              {lines.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
          </details>
        </Alert>
      ))}
    </>
  );
}

function Trashed({ run, canWrite }: RunBannersProps): ReactElement {
  const restore = useRestoreRun();
  return (
    <Alert color="gray" variant="light" title="This run is in the trash">
      {canWrite && (
        <Button size="compact-sm" variant="default" loading={restore.isPending} onClick={() => restore.mutate(run.runId)}>
          Restore it
        </Button>
      )}
      {restore.error !== null && <span role="alert"> {restore.error.message}</span>}
    </Alert>
  );
}

function Failure({ run }: { readonly run: RunDetail }): ReactElement | null {
  const { failure, exit } = run;
  const tail = exit?.stderrTail ?? [];
  const ended = exit === null ? null : exitText(exit);
  if (failure === null && ended === null) return null;
  const title = failure === null ? (ended ?? '') : [failure.type, failure.message].filter(Boolean).join(': ');
  return (
    <Alert color="red" variant="light" styles={SHRINKS} title={<span className={classes.notesText}>{stripAnsi(title)}</span>}>
      {failure !== null && ended !== null && <div>{ended}</div>}
      {failure?.traceback !== undefined && (
        <details open={run.status === 'failed'}>
          <summary>Traceback</summary>
          <Lines label="Traceback" text={stripAnsi(failure.traceback)} />
        </details>
      )}
      {failure?.traceback === undefined && tail.length > 0 && (
        <details>
          <summary>Last lines of stderr</summary>
          <Lines label="Last lines of stderr" text={tail.map(stripAnsi).join('\n')} />
        </details>
      )}
    </Alert>
  );
}

function Lines({ label, text }: { readonly label: string; readonly text: string }): ReactElement {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a stretch that scrolls must be reachable with the keyboard
    <section className={classes.traceback} tabIndex={0} aria-label={label}>
      {text}
    </section>
  );
}

/** Null where there is nothing to tell: all went well, or nobody saw it. */
function exitText({ code, signal, signalNumber }: NonNullable<RunDetail['exit']>): string | null {
  if (signal !== null) return `The process was killed by ${signal}${signalNumber === null ? '' : ` (signal ${signalNumber})`}.`;
  return code === null || code === 0 ? null : `The process ended with exit code ${code}.`;
}
