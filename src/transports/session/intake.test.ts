import { describe, expect, it } from 'vitest';
import { Deadlines } from './intake.js';

const later = (seconds: number): number => performance.now() + seconds * 1000;

describe('Deadlines', () => {
  it('end a connection that never says hello, only where a hello is needed', () => {
    const deadlines = new Deadlines();
    expect(deadlines.overdue(later(4), true)).toBeUndefined();
    expect(deadlines.overdue(later(6), true)?.code).toBe('XT_HELLO_REQUIRED');
    expect(deadlines.overdue(later(6), false)).toBeUndefined();
  });

  it('end a connection whose frame trickles, however often bytes come', () => {
    const deadlines = new Deadlines();
    deadlines.note(true);
    deadlines.note(true);
    expect(deadlines.overdue(later(31), false)?.code).toBe('XT_FRAME_TRUNCATED');
    deadlines.note(false);
    expect(deadlines.overdue(later(31), false)).toBeUndefined();
  });
});
