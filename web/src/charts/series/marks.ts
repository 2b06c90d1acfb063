// Marks that lie close together share one icon and one line.

import type { ChartMark, MarkKind } from './chart-series';

/** Marks behind one icon; `x`: pixels, of the first of them. */
export interface MarkGroup {
  readonly x: number;
  /** The weightiest first. */
  readonly marks: readonly ChartMark[];
}

/** px between two icons, and between their lines: a run that checkpoints all the time would hatch its charts. */
const APART = 26;

/** What is told first: a command among a hundred checkpoints must not drown in them. */
const WEIGHT: Readonly<Record<MarkKind, number>> = { checkpoint: 0, command: 1, change: 2, restart: 3, gap: 4, alert: 5 };

/** Groups, from left to right, that stand apart from each other; marks outside 0 … width are left out. */
export function groupMarks(marks: readonly ChartMark[], toX: (value: number) => number, width: number): MarkGroup[] {
  const placed = marks.map((mark) => ({ mark, x: toX(mark.x) })).filter(({ x }) => x >= 0 && x <= width);
  placed.sort((a, b) => a.x - b.x);
  const groups: { x: number; marks: ChartMark[] }[] = [];
  for (const { mark, x } of placed) {
    const last = groups.at(-1);
    if (last !== undefined && x - last.x < APART) last.marks.push(mark);
    else groups.push({ x, marks: [mark] });
  }
  for (const { marks: all } of groups) all.sort((a, b) => WEIGHT[b.kind] - WEIGHT[a.kind]);
  return groups;
}
