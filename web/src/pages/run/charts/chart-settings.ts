// How the charts of the page are drawn, as it stands in the address: whoever gets the link sees the same.

import { useCallback, useEffect, useEffectEvent, useMemo, useRef, useState } from 'react';
import { useSearchParams } from 'wouter';
import type { ChartAxis, ChartRange } from '../../../charts/series/chart-series';
import type { Grouping } from './metric-groups';

/** ms after the last change: browsers refuse addresses that change more than about a hundred times in half a minute. */
const SETTLE_MS = 300;

interface UsedSettings {
  readonly settings: ChartSettings;
  readonly change: (change: Partial<ChartSettings>) => void;
}

export function useChartSettings(): UsedSettings {
  const [query, setQuery] = useSearchParams();
  const [settings, setSettings] = useState(() => readSettings(query));
  const written = useRef(query.toString());
  const text = query.toString();
  // Somebody else changed the address: back and forward, or a link.
  useEffect(() => {
    if (text === written.current) return;
    written.current = text;
    setSettings(readSettings(new URLSearchParams(text)));
  }, [text]);
  const write = useEffectEvent((next: ChartSettings) => {
    const params = writeSettings(next, query);
    written.current = params.toString();
    if (written.current !== text) setQuery(params, { replace: true });
  });
  useEffect(() => {
    const timer = setTimeout(() => write(settings), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [settings]);
  const change = useCallback((part: Partial<ChartSettings>) => setSettings((before) => changed(before, part)), []);
  return useMemo(() => ({ settings, change }), [settings, change]);
}

export type Workers = 'mean' | 'min' | 'max' | 'sum' | 'each';

export interface ChartSettings {
  readonly x: ChartAxis;
  /** Weight of the moving average, 0 … 0.99. */
  readonly smoothing: number;
  readonly logX: boolean;
  readonly logY: boolean;
  /** Workers of one metric: merged, or a curve each. */
  readonly workers: Workers;
  /** Points that a restart superseded are shown too. */
  readonly superseded: boolean;
  readonly marks: boolean;
  readonly group: Grouping;
  readonly filter: string;
  /** The chart that has the whole width. */
  readonly expanded: string | null;
  /** On the axis `x`, in its unit; null: everything. */
  readonly range: ChartRange | null;
}

export const DEFAULTS: ChartSettings = {
  x: 'step',
  smoothing: 0,
  logX: false,
  logY: false,
  workers: 'mean',
  superseded: false,
  marks: true,
  group: 'prefix',
  filter: '',
  expanded: null,
  range: null,
};

const AXES = ['step', 'epoch', 'time', 'relative'] as const;
const WORKERS = ['mean', 'min', 'max', 'sum', 'each'] as const;
const GROUPINGS = ['prefix', 'phase'] as const;
const MOST_SMOOTHING = 0.99;

/** Reads what the address says; whatever makes no sense is as if it were not there. */
export function readSettings(query: URLSearchParams): ChartSettings {
  const smoothing = Number(query.get('smooth') ?? '0');
  const log = query.get('log') ?? '';
  return {
    x: oneOf(AXES, query.get('x'), DEFAULTS.x),
    smoothing: smoothing >= 0 ? Math.min(smoothing, MOST_SMOOTHING) : 0,
    logX: log.includes('x'),
    logY: log.includes('y'),
    workers: oneOf(WORKERS, query.get('workers'), DEFAULTS.workers),
    superseded: query.get('superseded') === '1',
    marks: query.get('marks') !== '0',
    group: oneOf(GROUPINGS, query.get('group'), DEFAULTS.group),
    filter: query.get('filter') ?? '',
    expanded: query.get('chart'),
    range: readRange(query.get('from'), query.get('to')),
  };
}

/** Sets what differs from the defaults in a copy of the address's parameters; those of others stay. */
export function writeSettings(settings: ChartSettings, query: URLSearchParams): URLSearchParams {
  const next = new URLSearchParams(query);
  const set = (name: string, value: string, otherwise: string): void => {
    if (value === otherwise) next.delete(name);
    else next.set(name, value);
  };
  set('x', settings.x, DEFAULTS.x);
  set('smooth', String(settings.smoothing), '0');
  set('log', `${settings.logX ? 'x' : ''}${settings.logY ? 'y' : ''}`, '');
  set('workers', settings.workers, DEFAULTS.workers);
  set('superseded', settings.superseded ? '1' : '', '');
  set('marks', settings.marks ? '' : '0', '');
  set('group', settings.group, DEFAULTS.group);
  set('filter', settings.filter, '');
  set('chart', settings.expanded ?? '', '');
  set('from', settings.range === null ? '' : String(settings.range.from), '');
  set('to', settings.range === null ? '' : String(settings.range.to), '');
  return next;
}

/** The change with what it implies: a window on one axis is none on another. */
export function changed(settings: ChartSettings, change: Partial<ChartSettings>): ChartSettings {
  const next = { ...settings, ...change };
  return change.x !== undefined && change.x !== settings.x ? { ...next, range: null } : next;
}

function readRange(from: string | null, to: string | null): ChartRange | null {
  if (from === null || to === null || from === '' || to === '') return null;
  const range = { from: Number(from), to: Number(to) };
  return Number.isFinite(range.from) && Number.isFinite(range.to) && range.from < range.to ? range : null;
}

function oneOf<T extends string>(known: readonly T[], value: string | null, otherwise: T): T {
  return known.find((one) => one === value) ?? otherwise;
}
