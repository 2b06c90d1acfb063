import { describe, expect, it } from 'vitest';
import type { CommandRecord } from '../../../src/storage/store.js';
import { availability, commandAvailability, mayWrite, type SteeredRun } from './availability';

const WRITE = [{ scope: 'write', experiment: null }];
const RUN: SteeredRun = { status: 'training', deletedAt: null, experimentId: 'digits', workers: [{ endedAt: null }] };

function command(type: CommandRecord['command'], status: CommandRecord['status']): CommandRecord {
  const times = { issuedAt: 1, expiresAt: 2, answeredAt: null };
  return { commandId: 'c', runId: 'r', command: type, payload: {}, issuedBy: null, status, result: null, error: null, ...times };
}

describe('a run', () => {
  it('that trains can be steered by who may write', () => {
    expect(availability(RUN, WRITE)).toEqual({ able: true, reason: null });
    expect(availability(RUN, [{ scope: 'admin', experiment: 'digits' }])).toMatchObject({ able: true });
  });

  it.each([
    ['a key that may only look', RUN, [{ scope: 'view', experiment: null }], 'scope "write"'],
    ['a key for another experiment', RUN, [{ scope: 'write', experiment: 'faces' }], 'scope "write"'],
    ['a run that is over', { ...RUN, status: 'killed' as const }, WRITE, 'over (killed)'],
    ['a run in the trash', { ...RUN, deletedAt: '2026-01-01T00:00:00Z' }, WRITE, 'trash'],
    ['a run that is finishing', { ...RUN, status: 'finishing' as const }, WRITE, 'finishing'],
    ['workers that ended', { ...RUN, workers: [{ endedAt: 5 }, { endedAt: 6 }] }, WRITE, 'ended'],
  ])('cannot be steered: %s', (_what, run, grants, words) => {
    const { able, reason } = availability(run, grants);
    expect(able).toBe(false);
    expect(reason).toContain(words);
  });

  it.each([
    ['contact is lost', { ...RUN, status: 'interrupted' as const }, 'lost for now'],
    ['nobody came yet', { ...RUN, status: 'pending' as const, workers: [] }, 'first one'],
  ])('can be tried, with a warning: %s', (_what, run, words) => {
    const { able, reason } = availability(run, WRITE);
    expect(able).toBe(true);
    expect(reason).toContain(words);
  });

  it('of no experiment needs a key for everything', () => {
    expect(mayWrite([{ scope: 'write', experiment: 'digits' }], null)).toBe(false);
    expect(mayWrite(WRITE, null)).toBe(true);
  });
});

describe('a command', () => {
  it('waits for the answer to the last one of its kind', () => {
    expect(commandAvailability('pause', RUN, [command('pause', 'sent')]).able).toBe(false);
    expect(commandAvailability('checkpoint_now', RUN, [command('pause', 'sent')]).able).toBe(true);
    expect(commandAvailability('custom', RUN, [command('custom', 'sent')]).able).toBe(true);
  });

  it('is off once the workers said that they cannot do it', () => {
    expect(commandAvailability('adjust_lr', RUN, [command('adjust_lr', 'unsupported')]).reason).toContain('cannot');
    expect(commandAvailability('custom', RUN, [command('custom', 'unsupported')]).able).toBe(true);
  });

  it('pauses what runs and resumes what is paused', () => {
    const paused = { ...RUN, status: 'paused' as const };
    expect(commandAvailability('pause', paused, []).able).toBe(false);
    expect(commandAvailability('resume', paused, []).able).toBe(true);
    expect(commandAvailability('resume', RUN, []).able).toBe(false);
  });

  it('takes a pause back that has not shown yet', () => {
    expect(commandAvailability('resume', RUN, [command('pause', 'sent')]).able).toBe(true);
    expect(commandAvailability('resume', RUN, [command('pause', 'ok'), command('resume', 'ok')]).able).toBe(false);
    expect(commandAvailability('resume', RUN, [command('pause', 'expired')]).able).toBe(false);
  });
});
