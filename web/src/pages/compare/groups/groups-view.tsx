// Whether two groups of runs really differ in a metric, in plain words.

import { Button, Select, TextInput } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { type ReactElement, useMemo, useState } from 'react';
import { type GroupsQuestion, useCompareGroups } from '../../../api/hooks';
import type { GroupComparison } from '../../../api/types';
import { ErrorState } from '../../../components/error-state';
import { LoadingState } from '../../../components/loading-state';
import classes from '../compare.module.css';
import { PictureCanvas } from '../draw/picture-canvas';
import { PictureMenu } from '../draw/picture-menu';
import { useInk } from '../draw/use-ink';
import { ValuesTable } from '../draw/values-table';
import { isSystem, type Quantity } from '../quantities';
import { groupings, groupsOf } from '../series/run-groups';
import { searchOf } from '../use-selection';
import type { ViewProps } from '../view-props';
import { verdictOf } from './group-words';
import { groupsPicture } from './groups-picture';

export function GroupsView({ state, update, compared }: ViewProps): ReactElement {
  const keys = [...new Set(compared.metrics.map(({ key }) => key))];
  const metric = keys.includes(state.groupMetric) ? state.groupMetric : (keys.find((key) => !isSystem(key)) ?? keys[0] ?? '');
  const better = compared.metrics.find(({ key }) => key === metric)?.better ?? 'min';
  const question = state.groupA === '' || state.groupB === '' || metric === '' ? null : { a: state.groupA, b: state.groupB, metric };
  return (
    <>
      <p className={classes.lead}>
        Two groups of runs, each found by a search over all runs, and the best value that the metric had in each of their runs.
      </p>
      <FillIn state={state} update={update} compared={compared} />
      <div className={classes.pair}>
        <GroupField label="A" value={state.groupA} onChange={(groupA) => update({ groupA })} placeholder="params.opt = 'sgd'" />
        <GroupField label="B" value={state.groupB} onChange={(groupB) => update({ groupB })} placeholder="params.opt = 'adam'" />
      </div>
      <div className={classes.bar}>
        <Select
          label="Metric"
          searchable
          allowDeselect={false}
          data={keys}
          value={metric}
          onChange={(key) => update({ groupMetric: key ?? '' })}
        />
      </div>
      {question === null ? (
        <p className={classes.dim}>Fill in both groups to compare them.</p>
      ) : (
        <Answer question={question} better={better} />
      )}
    </>
  );
}

interface GroupFieldProps {
  readonly label: string;
  readonly value: string;
  readonly placeholder: string;
  readonly onChange: (value: string) => void;
}

/** Asked when it is left or Enter is pressed: half a search is an error. */
function GroupField({ label, value, placeholder, onChange }: GroupFieldProps): ReactElement {
  const [text, setText] = useState<string | null>(null);
  const commit = (): void => {
    if (text !== null) onChange(text.trim());
    setText(null);
  };
  return (
    <TextInput
      label={`Group ${label}`}
      placeholder={placeholder}
      value={text ?? value}
      onChange={(event) => setText(event.currentTarget.value)}
      onBlur={commit}
      onKeyDown={({ key }) => key === 'Enter' && commit()}
    />
  );
}

/** Fills both groups from the runs compared: two values of what groups them. */
function FillIn({ state, update, compared }: Pick<ViewProps, 'state' | 'update' | 'compared'>): ReactElement | null {
  const choices = groupings(compared);
  const [id, setId] = useState<string | null>(null);
  const groupsBy = (one: Quantity) => groupsOf(one, compared.runs, 'light').filter(({ runIds }) => runIds.size >= 2);
  // Of itself the first that has two groups: a learning rate that each run has for itself has none.
  const by = choices.find((one) => one.id === (id ?? state.group)) ?? choices.find((one) => groupsBy(one).length >= 2) ?? choices[0];
  if (by === undefined) return null;
  const groups = groupsBy(by);
  const fill = (a: number, b: number): void =>
    update({ groupA: searchOf([...(groups[a]?.runIds ?? [])]), groupB: searchOf([...(groups[b]?.runIds ?? [])]) });
  const pairs = groups.flatMap((first, a) => groups.slice(a + 1).map((second, after) => ({ first, second, a, b: a + 1 + after })));
  return (
    <div className={classes.bar}>
      <Select
        label="From the runs compared, by"
        allowDeselect={false}
        searchable
        data={choices.map((one) => one.id)}
        value={by.id}
        onChange={setId}
      />
      {pairs.slice(0, 6).map(({ first, second, a, b }) => (
        <Button key={`${first.label} ${second.label}`} variant="default" className={classes.atFoot} onClick={() => fill(a, b)}>
          {shortLabel(first.label, by)} ({first.runIds.size}) against {shortLabel(second.label, by)} ({second.runIds.size})
        </Button>
      ))}
      {pairs.length === 0 && <p className={classes.dim}>No two of its values have two runs each.</p>}
    </div>
  );
}

/** What it is grouped by is said beside it. */
function shortLabel(label: string, { label: by }: Quantity): string {
  return label.slice(by.length).replace(/^ = |^: /, '');
}

interface AnswerProps {
  readonly question: GroupsQuestion;
  readonly better: 'min' | 'max';
}

function Answer({ question, better }: AnswerProps): ReactElement {
  const { data, error, refetch } = useCompareGroups(question);
  if (error !== null) return <ErrorState error={error} onRetry={refetch} title="These groups cannot be compared" />;
  if (data === undefined) return <LoadingState label="Comparing the groups…" />;
  return <Verdict found={data} metric={question.metric} better={better} />;
}

interface VerdictProps {
  readonly found: GroupComparison;
  readonly metric: string;
  readonly better: 'min' | 'max';
}

function Verdict({ found, metric, better }: VerdictProps): ReactElement {
  const { ref, width } = useElementSize();
  const ink = useInk();
  const { finding, meaning, tone } = verdictOf(found, metric, better);
  const picture = useMemo(() => groupsPicture(found, metric, Math.max(300, Math.min(width, 760)), ink), [found, metric, width, ink]);
  const values = {
    head: ['group', 'runs', `mean ${metric}`, '± std'],
    rows: [found.a, found.b].map(({ runs, mean, deviation }, at) => [at === 0 ? 'A' : 'B', runs, mean, deviation]),
  };
  return (
    <figure className={classes.figure} aria-label="The two groups compared">
      <div className={classes.figureHead}>
        <div className={classes.verdict} data-tone={tone} role="status">
          <strong>{finding}</strong>
          <p>{meaning}</p>
        </div>
        <PictureMenu name={`groups-${metric}`} picture={() => picture} values={() => values} />
      </div>
      <div ref={ref} className={classes.across}>
        <PictureCanvas picture={picture} label={`Difference B minus A. ${finding}`} />
      </div>
      <ValuesTable {...values} label="The groups" />
      <figcaption className={classes.dim}>
        Welch’s t-test, two-sided (t = {found.t.toFixed(2)}, {found.degrees.toFixed(1)} degrees of freedom); the interval by 10,000
        bootstrap resamples.
      </figcaption>
    </figure>
  );
}
