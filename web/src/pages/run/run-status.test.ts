import { describe, expect, it } from 'vitest';
import { withStatus } from './run-status';

const RUN = { status: 'training' as const, live: true, message: 'epoch 1', progress: { current: 1, total: 9 }, name: 'a' };

describe('withStatus', () => {
  it('takes what was said and keeps the rest', () => {
    const item = { status: 'paused' as const, progress: { current: 2, total: 9 } };
    expect(withStatus(RUN, item)).toEqual({ ...RUN, status: 'paused', progress: { current: 2, total: 9 } });
  });

  it('never ends a run, and never wakes one that is over', () => {
    expect(withStatus(RUN, { status: 'completed' }).status).toBe('training');
    const over = { ...RUN, status: 'killed' as const, live: false };
    expect(withStatus(over, { status: 'training' })).toBe(over);
  });
});
