// Whether something is on the screen, or about to be: a chart is put together only then.

import { useCallback, useState } from 'react';

/** px above and below the screen: scrolled at an easy pace, a chart is there before it is seen. */
const AHEAD = '300px 0px';

/** `ref`: of the element that is watched. */
export function useVisible(): readonly [ref: (element: Element | null) => (() => void) | undefined, isVisible: boolean] {
  const [isVisible, setVisible] = useState(false);
  const ref = useCallback((element: Element | null) => {
    if (element === null) return undefined;
    const observer = new IntersectionObserver((entries) => setVisible(entries.at(-1)?.isIntersecting === true), { rootMargin: AHEAD });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [ref, isVisible];
}
