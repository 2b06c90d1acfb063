// Images, histograms and tables by step, all at the step that one slider says.

import { Slider } from '@mantine/core';
import { type ReactElement, useMemo, useState } from 'react';
import { useArtifacts } from '../../../../api/hooks';
import { ArtifactPreview } from '../../artifacts/artifact-preview';
import classes from '../charts.module.css';
import { itemAt, type MediaTrack, mediaTracks, stepsOf } from './media-steps';

export function MediaPanel({ runId }: { readonly runId: string }): ReactElement | null {
  const { data: artifacts } = useArtifacts(runId);
  const tracks = useMemo(() => mediaTracks(artifacts ?? []), [artifacts]);
  const steps = useMemo(() => stepsOf(tracks), [tracks]);
  /** Null: the newest, whichever it is. */
  const [chosen, setChosen] = useState<number | null>(null);
  const newest = steps.at(-1);
  if (newest === undefined) return null;
  const step = chosen ?? newest;
  return (
    <section className={classes.media} aria-labelledby="media-by-step">
      <h2 className={classes.groupName} id="media-by-step">
        Media by step
      </h2>
      {steps.length > 1 && <StepBar steps={steps} step={step} onStep={(next) => setChosen(next === newest ? null : next)} />}
      <div className={classes.mediaGrid}>
        {tracks.map((track) => (
          <MediaCard key={track.name} runId={runId} track={track} step={step} />
        ))}
      </div>
    </section>
  );
}

interface StepBarProps {
  readonly steps: readonly number[];
  readonly step: number;
  readonly onStep: (step: number) => void;
}

function StepBar({ steps, step, onStep }: StepBarProps): ReactElement {
  // Steps are as far apart as they are many: each is one place of the slider.
  const place = Math.max(
    0,
    steps.findLastIndex((one) => one <= step),
  );
  return (
    <div className={classes.stepBar}>
      <span>Step</span>
      <Slider
        className={classes.stepSlider ?? ''}
        min={0}
        max={steps.length - 1}
        step={1}
        label={(at) => (steps[at] ?? 0).toLocaleString('en')}
        thumbLabel="Step of the media"
        value={place}
        onChange={(at) => onStep(steps[at] ?? step)}
      />
      <output>{(steps[place] ?? step).toLocaleString('en')}</output>
    </div>
  );
}

function MediaCard({ runId, track, step }: { readonly runId: string; readonly track: MediaTrack; readonly step: number }): ReactElement {
  const item = itemAt(track, step);
  return (
    <figure className={classes.mediaCard}>
      <figcaption className={classes.mediaName}>
        {track.name} {item !== null && <span className={classes.mediaStep}>step {(item.step ?? 0).toLocaleString('en')}</span>}
      </figcaption>
      {item === null ? <p>Nothing was logged until this step.</p> : <ArtifactPreview runId={runId} artifact={item} />}
    </figure>
  );
}
