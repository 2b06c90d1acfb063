// The Artifacts tab: folders and files, and a look into the one that is chosen.

import { type ReactElement, useMemo, useState } from 'react';
import { useArtifacts } from '../../../api/hooks';
import type { Artifact, RunDetail } from '../../../api/types';
import { EmptyState } from '../../../components/empty-state';
import { ErrorState } from '../../../components/error-state';
import { formatBytes } from '../../../components/format';
import { LoadingState } from '../../../components/loading-state';
import { SNIPPETS } from '../../../components/snippets';
import { type ArtifactFile, type ArtifactNode, artifactTree } from './artifact-tree';
import { ArtifactView } from './artifact-view';
import classes from './artifacts.module.css';

export function ArtifactsTab({ run }: { readonly run: RunDetail }): ReactElement {
  const { data: artifacts, error, refetch } = useArtifacts(run.runId);
  const tree = useMemo(() => artifactTree(artifacts ?? []), [artifacts]);
  const [chosen, setChosen] = useState<string | null>(null);
  if (error !== null) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (artifacts === undefined) return <LoadingState />;
  if (artifacts.length === 0) {
    return (
      <EmptyState title="No artifacts yet">
        <code>{SNIPPETS.artifact}</code> records a file of the run.
      </EmptyState>
    );
  }
  const file = fileOf(tree, chosen) ?? fileOf(tree, null);
  return (
    <div className={classes.split}>
      <ul className={classes.tree} aria-label="Artifacts">
        <Nodes nodes={tree} chosen={file?.path ?? null} onChoose={setChosen} />
      </ul>
      {file !== null && <ArtifactView key={file.path} run={run} file={file} />}
    </div>
  );
}

/** Members of one folder that are shown. */
const MOST_NODES = 1_000;

interface NodesProps {
  readonly nodes: readonly ArtifactNode<Artifact>[];
  readonly chosen: string | null;
  readonly onChoose: (path: string) => void;
}

function Nodes({ nodes, chosen, onChoose }: NodesProps): ReactElement {
  return (
    <>
      {nodes.slice(0, MOST_NODES).map((node) => (
        <li key={`${node.kind} ${node.path}`}>
          {node.kind === 'folder' ? (
            <details open>
              <summary className={classes.node}>
                <span className={classes.label}>▾ {node.label}/</span>
                <span className={classes.side}>
                  {node.files} · {formatBytes(node.size)}
                </span>
              </summary>
              <ul className={classes.branch}>
                <Nodes nodes={node.children} chosen={chosen} onChoose={onChoose} />
              </ul>
            </details>
          ) : (
            <FileButton file={node} chosen={node.path === chosen} onChoose={onChoose} />
          )}
        </li>
      ))}
      {nodes.length > MOST_NODES && <li className={classes.side}>and {(nodes.length - MOST_NODES).toLocaleString('en')} more</li>}
    </>
  );
}

interface FileButtonProps {
  readonly file: ArtifactFile<Artifact>;
  readonly chosen: boolean;
  readonly onChoose: (path: string) => void;
}

function FileButton({ file, chosen, onChoose }: FileButtonProps): ReactElement {
  const newest = file.versions.at(-1);
  const size = newest?.size;
  return (
    <button type="button" className={classes.node} aria-current={chosen} title={newest?.path} onClick={() => onChoose(file.path)}>
      <span className={classes.label}>{file.label}</span>
      <span className={classes.side}>
        {newest?.kind}
        {file.versions.length > 1 && ` ×${file.versions.length}`}
        {size !== undefined && size !== null && ` · ${formatBytes(size)}`}
      </span>
    </button>
  );
}

/** The file at a path; null: the first that there is. */
function fileOf(nodes: readonly ArtifactNode<Artifact>[], path: string | null): ArtifactFile<Artifact> | null {
  for (const node of nodes) {
    const found = node.kind === 'folder' ? fileOf(node.children, path) : path === null || node.path === path ? node : null;
    if (found !== null) return found;
  }
  return null;
}
