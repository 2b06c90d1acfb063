// The addresses of the pages. Each page is loaded when it is first looked at.

import { type ComponentType, lazy, type ReactElement, Suspense, useState } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { readSegment } from '../api/addresses';
import { EmptyState } from '../components/empty-state';
import { LoadingState } from '../components/loading-state';
import { loadedPage, loadPage } from './pages-on-demand';

const RunsPage = onDemand(
  () => loadedPage('runs'),
  () => loadPage('runs'),
);
const RunPage = onDemand(
  () => loadedPage('run'),
  () => loadPage('run'),
);
const ComparePage = onDemand(
  () => loadedPage('compare'),
  () => loadPage('compare'),
);
const ExperimentsPage = onDemand(
  () => loadedPage('experiments'),
  () => loadPage('experiments'),
);
const ExperimentPage = onDemand(
  () => loadedPage('experiment'),
  () => loadPage('experiment'),
);
const KeysPage = onDemand(
  () => loadedPage('keys'),
  () => loadPage('keys'),
);

/** A page that is here already is drawn at once: React holds back what comes after a moment of loading for 300 ms. */
function onDemand<Props extends object>(now: () => ComponentType<Props> | undefined, load: () => Promise<ComponentType<Props>>) {
  const Later = lazy(async () => ({ default: await load() })) as unknown as ComponentType<Props>;
  // biome-ignore lint/correctness/noComponentHookFactories: called once for each page, at the module's own level
  return function Page(props: Props): ReactElement {
    const [Shown] = useState(() => now() ?? Later);
    return <Shown {...props} />;
  };
}

export function Routes(): ReactElement {
  return (
    <Suspense fallback={<LoadingState />}>
      <Switch>
        <Route path="/">
          <Redirect to="/runs" replace />
        </Route>
        <Route path="/runs">
          <RunsPage />
        </Route>
        <Route path="/runs/:runId/:tab?">
          <RunPage />
        </Route>
        <Route path="/experiments">
          <ExperimentsPage />
        </Route>
        <Route path="/experiments/:experimentId">
          {({ experimentId }) => <ExperimentPage key={experimentId} experimentId={readSegment(experimentId)} />}
        </Route>
        <Route path="/compare">
          <ComparePage />
        </Route>
        <Route path="/keys">
          <KeysPage />
        </Route>
        <Route>
          <EmptyState heading="h1" title="There is no such page">
            The address may be of a page that moved; the navigation has all that there are.
          </EmptyState>
        </Route>
      </Switch>
    </Suspense>
  );
}
