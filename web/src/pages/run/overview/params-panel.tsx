// The params: found by typing, folded by their dots, copied one by one or all at once.

import { Button, TextInput } from '@mantine/core';
import { type ReactElement, useMemo, useState } from 'react';
import { useParams } from '../../../api/hooks';
import type { RunDetail } from '../../../api/types';
import { CopyButton } from '../../../components/copy-button';
import { ErrorState } from '../../../components/error-state';
import { LoadingState } from '../../../components/loading-state';
import { SNIPPETS } from '../../../components/snippets';
import classes from './overview.module.css';
import { Panel } from './panel';
import { type ParamRow, paramRows, paramTree, showValue } from './param-tree';

export function ParamsPanel({ run }: { readonly run: RunDetail }): ReactElement {
  const { data: params, error, refetch } = useParams(run.runId);
  const [filter, setFilter] = useState('');
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const tree = useMemo(() => paramTree(params ?? {}), [params]);
  const rows = useMemo(() => paramRows(tree, closed, filter), [tree, closed, filter]);
  const groups = useMemo(() => groupPaths(paramRows(tree, new Set(), '')), [tree]);
  const count = Object.keys(params ?? {}).length;
  const toggle = (path: string): void => setClosed((before) => toggled(before, path));
  return (
    <Panel
      title={count === 0 ? 'Params' : `Params (${count})`}
      actions={
        count > 0 && (
          <>
            <TextInput
              size="xs"
              placeholder="Filter by key or value"
              aria-label="Filter params"
              value={filter}
              onChange={(event) => setFilter(event.currentTarget.value)}
            />
            {groups.length > 0 && (
              <Button size="compact-xs" variant="subtle" color="gray" onClick={() => setClosed(new Set(closed.size > 0 ? [] : groups))}>
                {closed.size > 0 ? 'Open all' : 'Fold all'}
              </Button>
            )}
            <CopyButton value={JSON.stringify(params, null, 2)} label="Copy all params as JSON" />
          </>
        )
      }
    >
      {error !== null && <ErrorState error={error} onRetry={refetch} />}
      {params === undefined && error === null && <LoadingState />}
      {params !== undefined && count === 0 && <Nothing />}
      {rows.length > 0 && <ParamTable rows={rows} closed={closed} onToggle={toggle} />}
      {count > 0 && rows.length === 0 && <p>No param holds “{filter}”.</p>}
    </Panel>
  );
}

function Nothing(): ReactElement {
  return (
    <p>
      None. <code>{SNIPPETS.params}</code> records them.
    </p>
  );
}

interface ParamTableProps {
  readonly rows: readonly ParamRow[];
  readonly closed: ReadonlySet<string>;
  readonly onToggle: (path: string) => void;
}

function ParamTable({ rows, closed, onToggle }: ParamTableProps): ReactElement {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a stretch that scrolls must be reachable with the keyboard
    <section className={classes.scroll} tabIndex={0} aria-label="Params">
      <table className={classes.table}>
        <tbody>
          {rows.map(({ node, depth }) => (
            <tr key={`${node.kind} ${node.path}`}>
              <th scope="row" className={classes.key} style={{ paddingLeft: depth * 16 }} colSpan={node.kind === 'group' ? 2 : 1}>
                {node.kind === 'group' ? (
                  <button type="button" className={classes.fold} aria-expanded={!closed.has(node.path)} onClick={() => onToggle(node.path)}>
                    {closed.has(node.path) ? '▸' : '▾'} {node.label} ({node.count})
                  </button>
                ) : (
                  node.label
                )}
              </th>
              {node.kind === 'param' && (
                <td>
                  <span className={classes.value}>{showValue(node.value)}</span>{' '}
                  <CopyButton value={showValue(node.value)} label={`Copy the value of ${node.path}`} />
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function groupPaths(rows: readonly ParamRow[]): readonly string[] {
  return rows.flatMap(({ node }) => (node.kind === 'group' ? [node.path] : []));
}

function toggled(set: ReadonlySet<string>, path: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(path)) next.add(path);
  return next;
}
