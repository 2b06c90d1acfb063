// Images, histograms and tables of the runs side by side, all at the step that one slider says.

import { Select, Slider } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { type ReactElement, useEffect, useState } from 'react';
import { getJson, segment } from '../../../api/client';
import { keys } from '../../../api/keys';
import type { Artifact } from '../../../api/types';
import { EmptyState } from '../../../components/empty-state';
import { ErrorState } from '../../../components/error-state';
import { plural } from '../../../components/format';
import { LoadingState } from '../../../components/loading-state';
import { SNIPPETS } from '../../../components/snippets';
import { ArtifactPreview } from '../../run/artifacts/artifact-preview';
import classes from '../compare.module.css';
import { type ComparedRun, shownRuns } from '../compared';
import type { ViewProps } from '../view-props';
import { type SharedTrack, sharedTracks, shownAt } from './run-media';

/** Runs whose media are looked at: more than fit no screen. */
const MOST_SHOWN = 24;
const STALE_MS = 10_000;
const NONE: readonly Artifact[] = [];

export function MediaView({ state, update, compared }: ViewProps): ReactElement {
  const all = shownRuns(compared);
  const runs = all.slice(0, MOST_SHOWN);
  const { tracks, isPending, error } = useTracks(runs);
  const track = tracks.find(({ name }) => name === state.media) ?? tracks[0];
  if (isPending && track === undefined) return <LoadingState label="Looking for media…" />;
  if (track === undefined && error !== null) return <ErrorState error={error} />;
  if (track === undefined)
    return (
      <EmptyState title="None of these runs logged media by step">
        <p>
          <code>{SNIPPETS.image}</code>, and likewise histograms and tables, show up here side by side.
        </p>
      </EmptyState>
    );
  const newest = track.steps.at(-1) ?? 0;
  const step = Math.min(state.step ?? newest, newest);
  return (
    <>
      <div className={classes.bar}>
        <Select
          label="What"
          searchable
          allowDeselect={false}
          data={tracks.map(({ name, runs: count }) => ({ value: name, label: `${name} (${count} of ${plural(runs.length, 'run')})` }))}
          value={track.name}
          onChange={(name) => update({ media: name ?? '' })}
        />
        <StepSlider steps={track.steps} step={step} onStep={(next) => update({ step: next === newest ? null : next })} />
      </div>
      <Cards runs={runs} track={track} step={step} />
      {all.length > runs.length && (
        <p className={classes.dim}>
          The first {runs.length} of {plural(all.length, 'run')}: hide some to see others.
        </p>
      )}
    </>
  );
}

interface Tracks {
  readonly tracks: readonly SharedTrack[];
  readonly isPending: boolean;
  readonly error: Error | null;
}

function useTracks(runs: readonly ComparedRun[]): Tracks {
  return useQueries({
    queries: runs.map(({ runId }) => ({
      queryKey: keys.part(runId, 'artifacts'),
      queryFn: ({ signal }: { readonly signal: AbortSignal }) => getJson<readonly Artifact[]>(`/runs/${segment(runId)}/artifacts`, signal),
      staleTime: STALE_MS,
    })),
    combine: (answers) => ({
      tracks: sharedTracks(answers.map(({ data }) => data ?? NONE)),
      isPending: answers.some(({ isLoading }) => isLoading),
      error: answers.find(({ error }) => error !== null)?.error ?? null,
    }),
  });
}

interface StepSliderProps {
  readonly steps: readonly number[];
  readonly step: number;
  readonly onStep: (step: number) => void;
}

/** Each step is one place of the slider, however far apart they are. */
function StepSlider({ steps, step, onStep }: StepSliderProps): ReactElement | null {
  const place = Math.max(
    0,
    steps.findLastIndex((one) => one <= step),
  );
  const [dragged, setDragged] = useState(place);
  useEffect(() => setDragged(place), [place]);
  if (steps.length < 2) return null;
  return (
    <div className={classes.grow}>
      <p className={classes.label}>Step {(steps[dragged] ?? step).toLocaleString('en')}</p>
      <Slider
        size="sm"
        min={0}
        max={steps.length - 1}
        label={null}
        thumbLabel="Step of the media"
        value={dragged}
        onChange={setDragged}
        onChangeEnd={(at) => onStep(steps[at] ?? step)}
      />
    </div>
  );
}

interface CardsProps {
  readonly runs: readonly ComparedRun[];
  readonly track: SharedTrack;
  readonly step: number;
}

function Cards({ runs, track, step }: CardsProps): ReactElement {
  return (
    <div className={classes.media}>
      {runs.map((run, at) => {
        const item = shownAt(track, at, step);
        return (
          <figure key={run.runId} className={classes.mediaCard}>
            <figcaption className={classes.mediaHead}>
              <span className={classes.key} style={{ background: run.colour }} aria-hidden />
              <span className={classes.mediaName} title={run.name}>
                {run.name}
              </span>
              {item !== null && <span className={classes.dim}>step {(item.step ?? 0).toLocaleString('en')}</span>}
            </figcaption>
            {item === null ? (
              <p className={classes.dim}>{track.tracks[at] === null ? 'Never logged.' : 'Nothing until this step.'}</p>
            ) : (
              <ArtifactPreview runId={run.runId} artifact={item} />
            )}
          </figure>
        );
      })}
    </div>
  );
}
