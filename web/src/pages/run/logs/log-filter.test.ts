import { expect, it } from 'vitest';
import type { LiveItem } from '../../../api/types';
import { mayShow } from './log-filter';

const BASE = { runId: 'r', worker: '', incarnation: '', seq: 1, ts: 1 };
const LINE: LiveItem = { ...BASE, type: 'log', level: 'warning', message: 'Loss is NaN' };

it('asks the server only for what the filter would show', () => {
  expect(mayShow({ levels: [], text: '' }, LINE)).toBe(true);
  expect(mayShow({ levels: ['warning', 'error'], text: 'nan' }, LINE)).toBe(true);
  expect(mayShow({ levels: ['error'], text: '' }, LINE)).toBe(false);
  expect(mayShow({ levels: [], text: 'accuracy' }, LINE)).toBe(false);
  expect(mayShow({ levels: ['error'], text: 'x' }, { type: 'run_touched', runId: 'r' })).toBe(true);
  expect(mayShow({ levels: [], text: '' }, { ...BASE, type: 'metric', key: 'loss', value: 1 })).toBe(false);
});
