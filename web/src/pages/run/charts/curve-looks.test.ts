import { expect, it } from 'vitest';
import type { Series, SeriesSummary } from '../../../api/types';
import { seriesColour } from '../../../charts/plot/palette';
import { looksFor } from './curve-looks';
import { unitOf } from './metric-chart';

const point = { step: 1, epoch: null, ts: 1, value: 1 };

function summary(phase: string, worker: string): SeriesSummary {
  return { key: 'loss', phase, worker, aggregation: '', count: 1, min: 1, max: 1, first: point, last: point };
}

const series = (phase: string, worker: string | null, superseded = false): Series =>
  ({ phase, worker, aggregation: '', superseded, incarnation: 'abc123456' }) as Series;

it('names curves by what tells them apart', () => {
  const byPhase = looksFor([summary('val', ''), summary('train', '')], false, 'light');
  expect([byPhase(series('train', '')).label, byPhase(series('val', '')).label]).toEqual(['train', 'val']);
  const byWorker = looksFor([summary('', 'rank10'), summary('', 'rank2')], false, 'light');
  expect(byWorker(series('', 'rank2')).label).toBe('rank2');
  expect(byWorker(series('', 'rank2')).colour).toBe(seriesColour(0, 'light'));
  expect(looksFor([summary('', '')], false, 'light')(series('', '')).label).toBe('value');
});

it('gives merged workers one curve for each phase', () => {
  const looks = looksFor([summary('val', 'a'), summary('val', 'b'), summary('train', 'a')], true, 'dark');
  expect(looks(series('train', null)).colour).toBe(seriesColour(0, 'dark'));
  expect(looks(series('val', null)).colour).toBe(seriesColour(1, 'dark'));
});

it('draws superseded points in the colour of their curve, pale and dashed, as a curve of their own', () => {
  const looks = looksFor([summary('', '')], false, 'light');
  const [old, now] = [looks(series('', '', true)), looks(series('', ''))];
  expect(old).toMatchObject({ colour: now.colour, faint: true, dashed: true });
  expect(old.id).not.toBe(now.id);
});

it('tells units from names', () => {
  expect(['system/cpu_percent', 'system/net_sent_bytes_per_s', 'loss'].map(unitOf)).toEqual(['%', 'B/s', '']);
});
