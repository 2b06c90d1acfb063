// A look into an artifact, drawn by its kind. Everything in it is text or numbers to us, never markup.

import { useQuery } from '@tanstack/react-query';
import { type ReactElement, useState } from 'react';
import { BASE } from '../../../api/base';
import { apiAddress, getJson, segment } from '../../../api/client';
import { keys } from '../../../api/keys';
import type { Artifact, ArtifactPreviewData } from '../../../api/types';
import { ErrorState } from '../../../components/error-state';
import { formatCount, formatNumber, plural } from '../../../components/format';
import { LoadingState } from '../../../components/loading-state';
import { ArtifactTable } from './artifact-table';
import classes from './artifacts.module.css';
import { JsonTree } from './json-tree';
import { type Histogram, histogramOf, parseJson } from './preview-shapes';

/** px of width up to which a picture is shown enlarged, its pixels sharp. */
const SMALL_PX = 128;

export function ArtifactPreview({ runId, artifact }: { readonly runId: string; readonly artifact: Artifact }): ReactElement {
  const address = `/runs/${segment(runId)}/artifacts/${segment(artifact.id)}/preview`;
  const {
    data: preview,
    error,
    refetch,
  } = useQuery({
    queryKey: [...keys.run(runId), 'preview', artifact.id],
    queryFn: () => getJson<ArtifactPreviewData>(address),
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (error !== null) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (preview === undefined) return <LoadingState />;
  return (
    <>
      <Preview preview={preview} name={artifact.name ?? artifact.path} />
      {preview.truncated && <p className={classes.side}>{beginningOf(preview)} The download has all of it.</p>}
    </>
  );
}

/** What of it is shown, as far as that is known. */
function beginningOf({ columns = [], rows = [], columnsInAll, rowsInAll }: ArtifactPreviewData): string {
  const part = (shown: number, all: number | undefined, what: string): string[] =>
    all !== undefined && all > shown ? [`${formatCount(shown)} of ${formatCount(all)} ${what}`] : [];
  const parts = [...part(columns.length, columnsInAll, 'columns'), ...part(rows.length, rowsInAll, 'rows')];
  return parts.length === 0 ? 'This is its beginning.' : `${parts.join(', ')}.`;
}

function Preview({ preview, name }: { readonly preview: ArtifactPreviewData; readonly name: string }): ReactElement {
  switch (preview.kind) {
    case 'image':
      return <Picture url={preview.url ?? ''} name={name} />;
    case 'audio':
      return (
        // biome-ignore lint/a11y/useMediaCaption: a recorded sample has no captions
        <audio controls preload="metadata" src={sameOrigin(preview.url ?? '')} aria-label={name} />
      );
    case 'table':
      return <ArtifactTable columns={preview.columns ?? []} rows={preview.rows ?? []} />;
    case 'json':
    case 'histogram':
      return <Json text={preview.text ?? ''} />;
    case 'text':
      return <TextBox text={preview.text ?? ''} />;
    default:
      return <p className={classes.side}>{preview.reason ?? 'Nothing of it can be shown here.'}</p>;
  }
}

function Picture({ url, name }: { readonly url: string; readonly name: string }): ReactElement {
  const [small, setSmall] = useState(false);
  return (
    <img
      className={small ? `${classes.picture} ${classes.small}` : (classes.picture ?? '')}
      src={sameOrigin(url)}
      alt={name}
      onLoad={(event) => setSmall(event.currentTarget.naturalWidth <= SMALL_PX)}
    />
  );
}

function Json({ text }: { readonly text: string }): ReactElement {
  const value = parseJson(text);
  if (value === undefined) return <TextBox text={text} />;
  const histogram = histogramOf(value);
  return histogram === null ? <JsonTree value={value} /> : <HistogramBars {...histogram} />;
}

function TextBox({ text }: { readonly text: string }): ReactElement {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a stretch that scrolls must be reachable with the keyboard
    <pre className={classes.text} tabIndex={0}>
      {text}
    </pre>
  );
}

/** The address is the server's own; whatever else it may be is not followed. */
function sameOrigin(url: string): string {
  const address = url.startsWith(`${BASE}/api/`) ? url : apiAddress(url);
  return new URL(address, location.href).origin === location.origin ? address : '';
}

function HistogramBars({ counts, edges, apart }: Histogram): ReactElement {
  const highest = Math.max(...counts, 1);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const [first = 0, last = 0] = [edges[0], edges.at(-1)];
  if (counts.length === 0) return <p className={classes.side}>No value that could be counted: {apart}.</p>;
  return (
    <figure className={classes.figure}>
      <div
        className={classes.bars}
        role="img"
        aria-label={`Histogram of ${plural(total, 'value')} from ${formatNumber(first)} to ${formatNumber(last)}`}
      >
        {counts.map((count, at) => (
          <div
            key={edges[at]}
            className={classes.barOf}
            style={{ height: `${(count / highest) * 100}%` }}
            title={`${formatNumber(edges[at] ?? 0)} to ${formatNumber(edges[at + 1] ?? 0)}: ${count}`}
          />
        ))}
      </div>
      <figcaption className={classes.side}>
        {formatNumber(first)} … {formatNumber(last)}, {plural(total, 'value')}, at most {highest.toLocaleString('en')} in a bar
        {apart !== '' && <span className={classes.warn}>; {apart}</span>}
      </figcaption>
    </figure>
  );
}
