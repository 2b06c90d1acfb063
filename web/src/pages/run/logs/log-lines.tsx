// The visible lines of a log of any length; sticks to the newest one until somebody scrolls away from it.

import { Button } from '@mantine/core';
import { useVirtualizer, type Virtualizer } from '@tanstack/react-virtual';
import { type ReactElement, type RefObject, useEffect, useLayoutEffect, useRef } from 'react';
import type { LogLine } from '../../../api/types';
import { LogLineRow } from './log-line-row';
import type { LogSource } from './log-source';
import classes from './logs.module.css';

/** px of a line that is not measured yet. */
const LINE_PX = 18;
/** px from the end that count as the end. */
const END_PX = 24;

export interface LogLinesProps {
  readonly source: LogSource<LogLine>;
  readonly count: number;
  readonly follow: boolean;
  readonly onFollow: (follow: boolean) => void;
  readonly wrap: boolean;
  /** A line to show, and to mark; null: none was asked for. */
  readonly target: number | null;
}

export function LogLines({ source, count, follow, onFollow, wrap, target }: LogLinesProps): ReactElement {
  const box = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count,
    getScrollElement: () => box.current,
    estimateSize: () => LINE_PX,
    overscan: 8,
    // Drawing within the scroll event itself would hold up the scrolling.
    useFlushSync: false,
  });
  const items = rows.getVirtualItems();
  useWanted(source, items[0]?.index ?? 0, items.at(-1)?.index ?? 0, count);
  useScrolling(rows, { count, follow, wrap, target });
  const onScroll = useScrollAway(box, onFollow);
  return (
    <div className={classes.box}>
      <div
        ref={box}
        className={classes.scroll}
        data-wrap={wrap ? 'on' : 'off'}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a stretch that scrolls must be reachable with the keyboard
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label="Log"
        onScroll={onScroll}
      >
        <div className={classes.sheet} style={{ height: rows.getTotalSize() }}>
          {items.map((item) => (
            <LogLineRow
              key={item.key}
              at={item.index}
              line={source.line(item.index)}
              top={item.start}
              marked={item.index === target}
              measure={rows.measureElement}
            />
          ))}
        </div>
      </div>
      {!follow && (
        <Button className={classes.jump ?? ''} size="compact-sm" onClick={() => onFollow(true)}>
          ↓ Newest
        </Button>
      )}
    </div>
  );
}

/** Reads what is looked at; more lines may be there than when it was last read. */
function useWanted(source: LogSource<LogLine>, first: number, last: number, count: number): void {
  useEffect(() => {
    if (count > 0) void source.want(first, last);
  }, [source, first, last, count]);
}

type Scrolling = Pick<LogLinesProps, 'count' | 'follow' | 'wrap' | 'target'>;

function useScrolling(rows: Virtualizer<HTMLDivElement, Element>, { count, follow, wrap, target }: Scrolling): void {
  const wrapped = useRef(wrap);
  useLayoutEffect(() => {
    if (wrapped.current !== wrap) rows.measure();
    wrapped.current = wrap;
    if (follow && count > 0) rows.scrollToIndex(count - 1, { align: 'end' });
  }, [follow, count, rows, wrap]);
  const shown = useRef<number | null>(null);
  useEffect(() => {
    if (target !== null && shown.current !== target) rows.scrollToIndex(target, { align: 'start' });
    shown.current = target;
  }, [target, rows]);
}

/** Follows once the end is in sight, and no more as soon as somebody moves up; what the page itself scrolls changes nothing. */
function useScrollAway(box: RefObject<HTMLDivElement | null>, onFollow: (follow: boolean) => void): () => void {
  const before = useRef(0);
  return () => {
    const { current } = box;
    if (current === null) return;
    const { scrollTop, scrollHeight, clientHeight } = current;
    const atEnd = scrollHeight - scrollTop - clientHeight < END_PX;
    if (atEnd) onFollow(true);
    else if (scrollTop < before.current) onFollow(false);
    before.current = scrollTop;
  };
}
