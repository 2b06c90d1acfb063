// One artifact: what it is, its versions, a preview, the download; and, where it cannot be had, why.

import { Alert, Button, Slider } from '@mantine/core';
import { type ReactElement, useState } from 'react';
import { apiAddress, segment } from '../../../api/client';
import type { Artifact, RunDetail } from '../../../api/types';
import { CopyButton } from '../../../components/copy-button';
import { formatBytes, formatTime } from '../../../components/format';
import { FactsTable } from '../overview/facts-table';
import { ArtifactPreview } from './artifact-preview';
import type { ArtifactFile } from './artifact-tree';
import classes from './artifacts.module.css';
import { JsonTree } from './json-tree';

interface ArtifactViewProps {
  readonly run: RunDetail;
  readonly file: ArtifactFile<Artifact>;
}

export function ArtifactView({ run, file }: ArtifactViewProps): ReactElement | null {
  const [version, setVersion] = useState(file.versions.length - 1);
  const artifact = file.versions[Math.min(version, file.versions.length - 1)];
  if (artifact === undefined) return null;
  const content = `/runs/${segment(run.runId)}/artifacts/${segment(artifact.id)}/content`;
  return (
    <section className={classes.view} aria-label={file.label}>
      <div className={classes.viewHead}>
        <h2 className={classes.viewTitle}>{file.label}</h2>
        {artifact.available && (
          <Button component="a" size="compact-sm" variant="default" download href={apiAddress(content)}>
            Download
          </Button>
        )}
      </div>
      {file.versions.length > 1 && <Versions file={file} version={version} onChange={setVersion} />}
      {artifact.available ? <ArtifactPreview runId={run.runId} artifact={artifact} /> : <Unavailable />}
      <Facts artifact={artifact} />
    </section>
  );
}

function Versions({
  file,
  version,
  onChange,
}: {
  file: ArtifactFile<Artifact>;
  version: number;
  onChange: (version: number) => void;
}): ReactElement {
  const { step } = file.versions[version] ?? {};
  const last = file.versions.length - 1;
  return (
    <div className={classes.versions}>
      <span>
        {step === null || step === undefined ? 'version' : `step ${step}`}: {version + 1} of {last + 1}
      </span>
      <Slider
        style={{ flex: '1 1 160px' }}
        thumbLabel="Version"
        min={0}
        max={last}
        value={version}
        label={(at) => file.versions[at]?.step ?? at + 1}
        onChange={onChange}
      />
    </div>
  );
}

/** The server reads files only inside the folders that it was given. */
function Unavailable(): ReactElement {
  return (
    <Alert color="gray" variant="light" title="Its content cannot be read from here">
      The run recorded where this file lies, not its bytes, and it is outside of the folders that this server may read, or is gone.
      <code> xtrack serve --artifact-root FOLDER</code> lets it read a folder.
    </Alert>
  );
}

function Facts({ artifact }: { readonly artifact: Artifact }): ReactElement {
  const { path, kind, size, checksum, step, metadata, ts, mime } = artifact;
  return (
    <>
      <FactsTable
        rows={[
          [
            'Path',
            <>
              {path} <CopyButton value={path} label="Copy the path" />
            </>,
          ],
          ['Type', mime === null || mime === undefined ? kind : `${kind} (${mime})`],
          ['Size', size === null || size === undefined ? undefined : formatBytes(size)],
          ['Step', step],
          ['Logged', formatTime(new Date(ts / 1_000).toISOString())],
          ['Checksum', checksum],
        ]}
      />
      {metadata !== null && metadata !== undefined && Object.keys(metadata).length > 0 && <JsonTree label="metadata" value={metadata} />}
    </>
  );
}
