// A value that is followed at a bounded pace: at once where it stood still before, so that one gesture waits for nothing.

import { useEffect, useState } from 'react';

/** `pace`: ms between two changes of what is returned. */
export function usePaced<T>(value: T, pace: number): T {
  const [taken, setTaken] = useState({ value, at: Number.NEGATIVE_INFINITY });
  const isBehind = taken.value !== value;
  const isDue = isBehind && performance.now() - taken.at >= pace;
  // Taken while it is rendered: an effect would have everything below rendered twice.
  if (isDue) setTaken({ value, at: performance.now() });
  useEffect(() => {
    if (!isBehind || isDue) return;
    const timer = setTimeout(() => setTaken({ value, at: performance.now() }), taken.at + pace - performance.now());
    return () => clearTimeout(timer);
  }, [isBehind, isDue, value, taken.at, pace]);
  return isDue ? value : taken.value;
}
