import { describe, expect, it } from 'vitest';
import type { CommandRecord } from '../../../src/storage/store.js';
import { commandLife, commandName, payloadText, resultText, unsentLife } from './command-life';

const ISSUED = 1_700_000_000_000_000;

function record(change: Partial<CommandRecord>): CommandRecord {
  return {
    commandId: 'c1',
    runId: 'r1',
    command: 'pause',
    payload: {},
    issuedBy: 'ada',
    issuedAt: ISSUED,
    expiresAt: ISSUED + 60e6,
    status: 'pending',
    result: null,
    error: null,
    answeredAt: null,
    ...change,
  };
}

function told(change: Partial<CommandRecord>, after = 5e6) {
  const { steps, outcome, sentence } = commandLife(record(change), ISSUED + after);
  return { steps: steps.map(({ label, state }) => `${label} ${state}`), outcome, sentence };
}

describe('the life of a command', () => {
  it('waits for a worker', () => {
    expect(told({ status: 'pending' })).toEqual({
      steps: ['Sent done', 'Received now', 'Done ahead'],
      outcome: 'open',
      sentence: 'Waits for a worker to take it; given up in 55 s.',
    });
  });

  it('is with a worker', () => {
    expect(told({ status: 'sent' })).toMatchObject({ steps: ['Sent done', 'Received done', 'Done now'], outcome: 'open' });
  });

  it('is done, and when', () => {
    const done = record({ status: 'ok', answeredAt: ISSUED + 1_240_000, result: { step: 120, path: 'a.pt' } });
    expect(commandLife(done, ISSUED + 9e6)).toMatchObject({ outcome: 'ok', sentence: 'Done after 1.2 s: step 120, path a.pt' });
    expect(commandLife(done, ISSUED + 9e6).steps.at(-1)).toEqual({ label: 'Done', state: 'done', at: ISSUED + 1_240_000 });
  });

  it('failed, and why', () => {
    const failed = { status: 'error', error: 'lr must be at most 1', answeredAt: ISSUED + 1 } as const;
    expect(told(failed)).toEqual({
      steps: ['Sent done', 'Received done', 'Failed failed'],
      outcome: 'refused',
      sentence: 'lr must be at most 1',
    });
  });

  it('cannot be done by any worker', () => {
    expect(told({ status: 'unsupported' })).toMatchObject({ outcome: 'refused', sentence: 'No worker of this run can do this.' });
  });

  it('expired without ever claiming to be received', () => {
    expect(told({ status: 'expired', error: 'the run ended' })).toEqual({
      steps: ['Sent done', 'Received ahead', 'Expired failed'],
      outcome: 'refused',
      sentence: 'Expired: the run ended.',
    });
  });

  it('is said to be over time once it is, until the server says so', () => {
    expect(told({ status: 'sent' }, 61e6).sentence).toContain('its time is over');
  });

  it('is not sent before the server has it', () => {
    expect(unsentLife({ state: 'sending' })).toMatchObject({ outcome: 'open', steps: [{ state: 'now' }, {}, {}] });
    expect(unsentLife({ state: 'refused', reason: 'The key may not write.' })).toMatchObject({
      outcome: 'refused',
      sentence: 'The key may not write.',
      steps: [{ label: 'Not sent', state: 'failed' }, {}, {}],
    });
  });
});

describe('texts', () => {
  it('name a command', () => {
    expect(commandName(record({ command: 'adjust_lr' }))).toBe('Set learning rate');
    expect(commandName(record({ command: 'custom', payload: { name: 'flush' } }))).toBe('Custom: flush');
    expect(commandName(record({ command: 'custom', payload: { name: 7 } }))).toBe('Custom');
  });

  it('show a result', () => {
    expect(resultText({ lr: { old: 0.1, new: 0.30000000000000004 } })).toBe('lr 0.1 → 0.3');
    expect(['', null, 'fine', 3, [1, 2], { a: { b: 1 } }].map(resultText)).toEqual(['', '', 'fine', '3', '[1,2]', 'a {"b":1}']);
  });

  it('show what was asked for', () => {
    expect(payloadText(record({ command: 'adjust_lr', payload: { factor: 0.5 } }))).toBe('× 0.5');
    expect(payloadText(record({ command: 'adjust_lr', payload: { lr: 0.01 } }))).toBe('lr 0.01');
    expect(payloadText(record({ command: 'update_params', payload: { params: { batch: 64, mode: 'fast' } } }))).toBe('batch 64, mode fast');
    expect(payloadText(record({ command: 'custom', payload: { name: 'flush', all: true } }))).toBe('all true');
    expect(payloadText(record({}))).toBe('');
  });
});
