import { describe, expect, it } from 'vitest';
import { type TroubledRun, troublesOf } from './run-troubles';

const FINE: TroubledRun = { gaps: [], warnings: [], status: 'training', live: true };
const warning = (code: string, detail: string) => ({ code, detail, worker: '' });

describe('troublesOf', () => {
  it('is silent where nothing is wrong', () => {
    expect(troublesOf(FINE)).toEqual([]);
  });

  it('says what is lost, and why', () => {
    const gaps = [
      { worker: '', from: 5, to: 5, reason: 'spool full' },
      { worker: 'rank1', from: 1, to: 1200, reason: 'rationed' },
    ];
    expect(troublesOf({ ...FINE, gaps })).toEqual([
      {
        severity: 'warning',
        title: '1,201 events are lost: curves and logs have holes',
        lines: ['1 event of the worker: spool full', '1,200 events of worker rank1: rationed'],
      },
    ]);
  });

  it('says what may still come, graver once the run is over', () => {
    const gaps = [{ worker: '', from: 7, to: 8, reason: null }];
    expect(troublesOf({ ...FINE, gaps })[0]).toMatchObject({ severity: 'note', title: '2 events are missing for now' });
    expect(troublesOf({ ...FINE, gaps, live: false })[0]).toMatchObject({ severity: 'warning' });
  });

  it('tells what the clock of its machine did', () => {
    const back = { createdAt: '2026-01-31T12:00:00Z', startedAt: '2026-01-31T12:00:00Z', endedAt: '2026-01-31T10:10:00Z' };
    expect(troublesOf({ ...FINE, ...back })).toMatchObject([{ severity: 'note', title: 'The clock was set back while the run went on' }]);
    const ahead = { createdAt: '2026-01-31T12:00:00Z', startedAt: '2026-01-31T15:00:00Z', endedAt: null };
    expect(troublesOf({ ...FINE, ...ahead })[0]?.lines[0]).toContain('3h 00m after');
    expect(troublesOf({ ...FINE, createdAt: '2026-01-31T12:00:00Z', startedAt: '2026-01-31T12:00:05Z', endedAt: null })).toEqual([]);
  });

  it('sums up warnings, newest first, and leaves the gaps to the gaps', () => {
    const warnings = [warning('XT_A', 'old'), warning('XT_SEQ_GAP', 'gap'), warning('XT_B', 'new'), warning('XT_B', 'new')];
    expect(troublesOf({ ...FINE, warnings })[0]).toMatchObject({
      title: '3 things in what the run sent were not right',
      lines: ['new (XT_B), 2 times', 'old (XT_A)'],
    });
  });

  it('stays short', () => {
    const warnings = Array.from({ length: 200 }, (_, at) => warning('XT_A', `number ${at}`));
    expect(troublesOf({ ...FINE, warnings })[0]?.lines.at(-1)).toBe('and 180 more');
  });

  it('says that contact is lost', () => {
    expect(troublesOf({ ...FINE, status: 'interrupted' })[0]?.title).toContain('Contact');
  });
});
