// The settings of the charts, kept in the address.

import { useCallback, useEffect, useEffectEvent, useMemo, useRef, useState } from 'react';
import { useSearchParams } from 'wouter';
import { type ChartSettings, changed, readSettings, writeSettings } from './chart-settings';

/** ms after the last change: browsers refuse addresses that change more than about a hundred times in half a minute. */
const SETTLE_MS = 300;

export interface UsedSettings {
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
