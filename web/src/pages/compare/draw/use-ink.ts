// The colours of the page's theme, for what is painted.

import { useComputedColorScheme } from '@mantine/core';
import { useLayoutEffect, useState } from 'react';
import type { Ink } from './shapes';

export function useInk(): Ink {
  const scheme = useComputedColorScheme('light');
  const [ink, setInk] = useState(() => readInk(scheme));
  useLayoutEffect(() => setInk(readInk(scheme)), [scheme]);
  return ink;
}

function readInk(scheme: Ink['scheme']): Ink {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  return {
    background: colour('--xt-ground'),
    text: colour('--xt-text'),
    dim: colour('--xt-dim'),
    line: colour('--xt-line'),
    accent: colour('--xt-accent-text'),
    scheme,
  };
}
