// The views of the page as tabs; each is loaded when it is first looked at.

import { lazy, type ReactElement, Suspense, useEffect, useRef } from 'react';
import { LoadingState } from '../../components/loading-state';
import { PagePart } from '../../components/page-part';
import classes from './compare.module.css';
import { VIEWS, type CompareView as View } from './compare-state';
import type { ViewProps } from './view-props';

const SeriesView = lazy(async () => ({ default: (await import('./series/series-view')).SeriesView }));
const TableView = lazy(async () => ({ default: (await import('./table/table-view')).TableView }));
const ParallelView = lazy(async () => ({ default: (await import('./parallel/parallel-view')).ParallelView }));
const ScatterView = lazy(async () => ({ default: (await import('./scatter/scatter-view')).ScatterView }));
const SensitivityView = lazy(async () => ({ default: (await import('./sensitivity/sensitivity-view')).SensitivityView }));
const GroupsView = lazy(async () => ({ default: (await import('./groups/groups-view')).GroupsView }));
const MediaView = lazy(async () => ({ default: (await import('./media/media-view')).MediaView }));

const LABELS: Readonly<Record<View, string>> = {
  series: 'Curves',
  table: 'Table',
  parallel: 'Parallel',
  scatter: 'Scatter',
  sensitivity: 'Sensitivity',
  groups: 'Groups',
  media: 'Media',
};

export function CompareView(props: ViewProps): ReactElement {
  const { view } = props.state;
  return (
    <div className={classes.views}>
      <Tabs view={view} onView={(next) => props.update({ view: next })} />
      <div role="tabpanel" id="compare-view" aria-labelledby={`compare-tab-${view}`} className={classes.panel}>
        <PagePart of={view}>
          <Suspense fallback={<LoadingState />}>
            <Shown {...props} />
          </Suspense>
        </PagePart>
      </div>
    </div>
  );
}

function Shown(props: ViewProps): ReactElement {
  switch (props.state.view) {
    case 'series':
      return <SeriesView {...props} />;
    case 'table':
      return <TableView {...props} />;
    case 'parallel':
      return <ParallelView {...props} />;
    case 'scatter':
      return <ScatterView {...props} />;
    case 'sensitivity':
      return <SensitivityView {...props} />;
    case 'groups':
      return <GroupsView {...props} />;
    case 'media':
      return <MediaView {...props} />;
  }
}

/** Arrow keys go from tab to tab (WAI-ARIA, tabs pattern). */
function Tabs({ view, onView }: { readonly view: View; readonly onView: (view: View) => void }): ReactElement {
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    bar.current?.querySelectorAll('button')[VIEWS.indexOf(view)]?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [view]);
  const go = (by: number): void => {
    const at = (VIEWS.indexOf(view) + by + VIEWS.length) % VIEWS.length;
    onView(VIEWS[at] as View);
    bar.current?.querySelectorAll('button')[at]?.focus();
  };
  return (
    <div
      ref={bar}
      role="tablist"
      tabIndex={-1}
      aria-label="Views of the comparison"
      className={classes.tabs}
      onKeyDown={({ key }) => {
        if (key === 'ArrowRight') go(1);
        if (key === 'ArrowLeft') go(-1);
      }}
    >
      {VIEWS.map((one) => (
        <button
          key={one}
          type="button"
          role="tab"
          id={`compare-tab-${one}`}
          aria-selected={one === view}
          aria-controls="compare-view"
          tabIndex={one === view ? 0 : -1}
          className={classes.tab}
          onClick={() => onView(one)}
        >
          {LABELS[one]}
        </button>
      ))}
    </div>
  );
}
