// Fills the feed from the live stream while the run goes on, and has the list of metrics read anew when one comes that nobody knows.

import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { keys } from '../../../api/keys';
import { subscribe } from '../../../api/live';
import type { RunDetail, SeriesSummary } from '../../../api/types';
import { LiveFeed, seriesName } from './live-feed';

/** ms in which unknown metrics are gathered. */
const GATHER_MS = 500;

export function useLiveFeed({ runId, live }: RunDetail, known: readonly SeriesSummary[]): LiveFeed {
  const client = useQueryClient();
  const [feed] = useState(() => new LiveFeed());
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    feed.expect(known.map(seriesName), () => {
      timer ??= setTimeout(() => void client.invalidateQueries({ queryKey: keys.part(runId, 'metrics') }), GATHER_MS);
    });
    return () => {
      if (timer !== null) clearTimeout(timer);
    };
  }, [feed, known, client, runId]);
  useEffect(() => {
    if (!live) return;
    const leave = subscribe({ runs: [runId], types: ['metric', 'metric_batch'] }, (items) => feed.deliver(items, Date.now()));
    return () => {
      leave();
      // What came last may not be drawn: the whole run is read once more.
      void client.invalidateQueries({ queryKey: ['series', runId] });
      void client.invalidateQueries({ queryKey: keys.part(runId, 'metrics') });
    };
  }, [feed, client, runId, live]);
  return feed;
}
