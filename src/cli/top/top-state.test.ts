import { beforeEach, describe, expect, it } from 'vitest';
import type { RunStatus } from '../../index.js';
import { toRun } from '../../query/run.js';
import { sampleRecord } from '../../testing/sample-run.js';
import { textWidth } from '../terminal/text.js';
import { TopRun } from './top-run.js';
import { drawTop } from './top-screen.js';
import { TopState } from './top-state.js';

const STRANGE = '\u001b[31m\u0007語🚀\u202e\n';

function row(runId: string, status: RunStatus = 'training'): TopRun {
  const endedAt = status === 'completed' ? 2e15 : null;
  const run = toRun(
    sampleRecord(runId, { status, endedAt, name: `${runId}${STRANGE}`, progress: { current: 3, total: 4 }, message: STRANGE }),
  );
  return new TopRun(run);
}

let state: TopState;

beforeEach(() => {
  state = new TopState('');
  state.show([row('a'), row('b'), row('c', 'completed')]);
});

const press = (...keys: string[]) => keys.map((key) => state.press(key)).at(-1);

describe('the selection', () => {
  it('moves, stops at the ends, and stays on its run when the order changes', () => {
    press('up');
    expect(state.selected?.run.runId).toBe('a');
    press('down');
    state.show([row('x'), row('a'), row('b'), row('c', 'completed')]);
    expect(state.selected?.run.runId).toBe('b');
    press('end', 'down');
    expect(state.selected?.run.runId).toBe('c');
  });

  it('goes to the neighbour when its run is gone', () => {
    press('down');
    state.show([row('a'), row('c', 'completed')]);
    expect(state.selected?.run.runId).toBe('c');
    state.show([]);
    expect(state.selected).toBeUndefined();
    for (const key of ['p', 'k', 'l', 'enter', 'up', 'down']) expect(state.press(key)?.kind ?? 'refresh').toBe('refresh');
  });
});

describe('a key', () => {
  it.each([
    ['p', 'pause'],
    ['r', 'resume'],
    ['c', 'checkpoint_now'],
  ])('%s means %s', (key, type) => {
    expect(press(key)).toMatchObject({ kind: 'command', type, payload: {}, run: { run: { runId: 'a' } } });
  });

  it('does nothing to a run that is over but say so', () => {
    press('end');
    for (const key of ['p', 'r', 'c', 'k', 'l']) {
      expect(press(key)).toBeUndefined();
      expect(state.prompt).toBeUndefined();
      expect(state.note).toMatchObject({ tone: 'bad', text: expect.stringContaining('completed') as string });
    }
  });

  it('k stops after a y, and after nothing else', () => {
    expect(press('k', 'n')).toBeUndefined();
    expect(press('k', 'enter')).toBeUndefined();
    expect(press('k', 'y')).toMatchObject({ kind: 'stop', run: { run: { runId: 'a' } } });
  });

  it('l asks for a number, and stops the run that it asked about', () => {
    press('l', '3', 'x', 'backspace', 'e', '-', '4');
    state.show([row('z'), row('a'), row('b')]);
    expect(press('enter')).toMatchObject({ type: 'adjust_lr', payload: { lr: 3e-4 }, run: { run: { runId: 'a' } } });
    for (const wrong of ['0', '-1', 'q']) {
      expect(press('l', ...wrong, 'enter')).toBeUndefined();
      expect(state.note?.tone).toBe('bad');
    }
    expect(press('l', '1', 'escape')).toBeUndefined();
    expect(state.prompt).toBeUndefined();
  });

  it('/ filters, and Escape takes the filter away', () => {
    expect(press('/', 'q', ' ', 'p', 'enter')).toEqual({ kind: 'refresh' });
    expect(state.filter).toBe('q p');
    expect(press('escape')).toEqual({ kind: 'refresh' });
    expect(state.filter).toBe('');
  });

  it('q leaves from the list, and from a page goes back to it', () => {
    for (const open of ['enter', '?']) {
      press(open);
      expect(state.page).not.toBe('list');
      expect(press('q')).toBeUndefined();
      expect(state.page).toBe('list');
    }
    expect(press('q')).toEqual({ kind: 'quit' });
    expect(press('/', 'interrupt')).toEqual({ kind: 'quit' });
  });
});

describe('the page', () => {
  it.each([1, 5, 20, 39, 80, 119, 200])('is never wider than %i cells or higher than asked, and lets nothing through', (columns) => {
    for (const keys of [[], ['?'], ['enter'], ['l', '1'], ['k'], ['/', ...'x'.repeat(300)]])
      for (const rows of [1, 2, 5, 40]) {
        state = new TopState('');
        state.show([row('a'), row('b'), row('c', 'completed')]);
        press(...keys);
        const lines = drawTop(state, columns, rows, 2e12);
        expect(lines.length).toBeLessThanOrEqual(rows);
        for (const line of lines) {
          expect(textWidth(line)).toBeLessThanOrEqual(columns);
          for (const unsafe of ['\u001b[31m\u0007', '\u202e', '\n']) expect(line).not.toContain(unsafe);
        }
      }
  });
});
