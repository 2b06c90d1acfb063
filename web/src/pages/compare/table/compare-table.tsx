// Runs as columns, what they have as rows, in sections.

import { type ReactElement, useState } from 'react';
import { Link } from 'wouter';
import { runAddress } from '../../../api/addresses';
import classes from '../compare.module.css';
import type { ComparedRun } from '../compared';
import { CellValue, type Column } from './cell-value';
import type { Section, TableRow } from './table-rows';

export interface TableProps {
  readonly rows: readonly TableRow[];
  readonly columns: readonly Column[];
  readonly base: Column | undefined;
  readonly highlighted: string | null;
  /** Takes a run as the one that the others are measured against, or no longer. */
  readonly onBase: (runId: string) => void;
}

export const SECTIONS: Readonly<Record<Section, string>> = {
  params: 'Params',
  metrics: 'Metrics',
  tags: 'Tags',
  source: 'Source',
  environment: 'Environment',
  run: 'Run',
};

/** Rows of a section that are drawn before one asks for all: a hundred runs make many cells. */
const FIRST_ROWS = 60;

export function CompareTable({ rows, columns, base, highlighted, onBase }: TableProps): ReactElement {
  const sections = [...new Set(rows.map(({ section }) => section))];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a stretch that scrolls must be reachable with the keyboard
    <section className={classes.scroll} tabIndex={0} aria-label="Comparison">
      <table className={classes.table} data-columns>
        <thead>
          <tr>
            <th scope="col" className={classes.corner}>
              <span className={classes.hidden}>Key</span>
            </th>
            {columns.map(({ run }) => (
              <th key={run.runId} scope="col" data-on={run.runId === highlighted || undefined}>
                <RunHead run={run} isBase={run === base?.run} onBase={onBase} />
              </th>
            ))}
          </tr>
        </thead>
        {sections.map((section) => (
          <SectionRows key={section} section={section} rows={rows.filter((row) => row.section === section)} columns={columns} base={base} />
        ))}
      </table>
    </section>
  );
}

interface RunHeadProps {
  readonly run: ComparedRun;
  readonly isBase: boolean;
  readonly onBase: (runId: string) => void;
}

export function RunHead({ run, isBase, onBase }: RunHeadProps): ReactElement {
  return (
    <span className={classes.runHead}>
      <span className={classes.key} style={{ background: run.colour }} aria-hidden />
      <Link href={runAddress(run.runId)} title={run.name}>
        {run.name}
      </Link>
      <button
        type="button"
        className={classes.base}
        aria-pressed={isBase}
        aria-label={`${isBase ? 'base' : 'vs'} ${run.name}`}
        title="Measure the others against this run"
        onClick={() => onBase(run.runId)}
      >
        {isBase ? 'base' : 'vs'}
      </button>
    </span>
  );
}

interface SectionRowsProps extends Pick<TableProps, 'rows' | 'columns' | 'base'> {
  readonly section: Section;
}

function SectionRows({ section, rows, columns, base }: SectionRowsProps): ReactElement {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? rows : rows.slice(0, FIRST_ROWS);
  return (
    <tbody>
      <tr>
        <th scope="rowgroup" className={classes.section} colSpan={columns.length + 1}>
          <span>{SECTIONS[section]}</span>
        </th>
      </tr>
      {shown.map((row) => (
        <tr key={row.key} data-same={!row.differs || undefined}>
          <th scope="row" title={row.key}>
            {row.key}
          </th>
          {columns.map(({ run, at }) => (
            <CellValue key={run.runId} row={row} at={at} base={base} />
          ))}
        </tr>
      ))}
      {shown.length < rows.length && (
        <tr>
          <td colSpan={columns.length + 1}>
            <button type="button" className={classes.textButton} onClick={() => setWhole(true)}>
              Show {rows.length - shown.length} more
            </button>
          </td>
        </tr>
      )}
    </tbody>
  );
}
