// The whole page: a head, the list or one run or the help, and a foot that says what was answered and what can be pressed.

import colors from 'picocolors';
import { shortNumber } from '../terminal/number.js';
import { type Part, styled } from '../terminal/styled.js';
import { clip, plainText, textWidth } from '../terminal/text.js';
import { detailLines } from './top-details.js';
import { headLine, layoutOf, rowLine } from './top-list.js';
import type { Note, Prompt, TopState } from './top-state.js';

const HELP: readonly (readonly [string, string])[] = [
  ['↑ ↓', 'select a run (page up, page down, home, end)'],
  ['Enter', 'its metrics as charts, its last lines; again: back'],
  ['p  r', 'pause, resume'],
  ['c', 'write a checkpoint now'],
  ['l', 'set the learning rate'],
  ['k', 'stop the run (asks first)'],
  ['/', "filter, in the search language: status = 'training' and params.lr > 1e-3"],
  ['Esc', 'back; in the list: all runs again'],
  ['s', 'another order'],
  ['?', 'this page'],
  ['q', 'leave; the runs go on'],
];

const KEYS: readonly (readonly [string, string])[] = [
  ['↑↓', 'select'],
  ['⏎', 'details'],
  ['p', 'pause'],
  ['r', 'resume'],
  ['c', 'checkpoint'],
  ['l', 'lr'],
  ['k', 'stop'],
  ['/', 'filter'],
  ['s', 'sort'],
  ['?', 'help'],
  ['q', 'quit'],
];

/** At most `rows` lines of at most `columns` cells; `now` in milliseconds. */
export function drawTop(state: TopState, columns: number, rows: number, now: number): string[] {
  const foot = [noteLine(state.note, columns), state.prompt === undefined ? keysLine(columns) : promptLine(state.prompt, columns)];
  const head = [titleLine(state, columns)];
  const room = Math.max(0, rows - head.length - foot.length);
  const body = bodyLines(state, columns, room, now).slice(0, room);
  // The foot stays at the bottom.
  const lines = [...head, ...body, ...Array.from({ length: room - body.length }, () => ''), ...foot];
  return lines.slice(Math.max(0, lines.length - rows));
}

function bodyLines(state: TopState, columns: number, room: number, now: number): string[] {
  if (state.page === 'help') return HELP.map(([key, what]) => styled([[`  ${key.padEnd(8)}`, colors.bold], [what]], columns));
  if (state.page === 'details' && state.selected !== undefined) {
    const details = state.details?.runId === state.selected.run.runId ? state.details : undefined;
    return detailLines(state.selected, details, columns, room, now);
  }
  return listLines(state, columns, room, now);
}

function listLines(state: TopState, columns: number, room: number, now: number): string[] {
  if (state.rows.length === 0) return emptyLines(state.filter, columns);
  const layout = layoutOf(columns);
  const shown = Math.max(1, room - 1);
  const from = Math.max(0, Math.min(state.selectedAt - (shown >> 1), state.rows.length - shown));
  const rows = state.rows.slice(from, from + shown);
  return [headLine(layout, columns), ...rows.map((row, at) => rowLine(row, from + at === state.selectedAt, layout, columns, now))];
}

function emptyLines(filter: string, columns: number): string[] {
  const lines =
    filter === '' ? ['no runs yet', '', 'start one: xtrack run -- python3 train.py'] : ['no run is like that', '', 'Esc shows all runs'];
  return ['', ...lines.map((line) => clip(`  ${line}`, columns))];
}

function titleLine({ rows, filter, sort }: TopState, columns: number): string {
  const live = rows.filter((row) => row.live).length;
  const parts: Part[] = [['xtrack', colors.bold], [`  ${shortNumber(live)} live, ${shortNumber(rows.length - live)} over`]];
  if (filter !== '') parts.push([`  / ${plainText(filter)}`, colors.cyan]);
  return styled([...parts, [`  by ${sort}`, colors.dim]], columns);
}

function noteLine(note: Note | undefined, columns: number): string {
  if (note === undefined) return '';
  const paint = { plain: colors.dim, good: colors.green, bad: colors.red }[note.tone];
  return styled([[plainText(note.text), paint]], columns);
}

/** As many keys as fit, whole. */
function keysLine(columns: number): string {
  const parts: Part[] = [];
  let used = 0;
  for (const [key, what] of KEYS) {
    used += textWidth(key) + what.length + 3;
    if (used > columns) break;
    parts.push([key, colors.bold], [` ${what}  `, colors.dim]);
  }
  return styled(parts, columns);
}

function promptLine({ kind, text, run }: Prompt, columns: number): string {
  if (kind === 'stop') return styled([[`stop ${plainText(run?.name ?? '')}? y/n`, colors.yellow]], columns);
  const label = kind === 'filter' ? '/' : `learning rate of ${clip(plainText(run?.name ?? ''), Math.max(8, columns >> 1))}: `;
  const room = columns - textWidth(label) - 1;
  // The end, where one types.
  const letters = [...plainText(text)];
  while (textWidth(letters.join('')) > room && letters.length > 0) letters.shift();
  return styled([[label, colors.bold], [`${letters.join('')}█`]], columns);
}
