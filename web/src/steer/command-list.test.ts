import { describe, expect, it } from 'vitest';
import type { CommandRecord } from '../../../src/storage/store.js';
import { withCommand } from '../api/patches';
import { mergeCommands, type UnsentEntry } from './command-list';

function record(commandId: string, issuedAt: number, status: CommandRecord['status'] = 'sent'): CommandRecord {
  const rest = { payload: {}, issuedBy: null, expiresAt: 0, result: null, error: null, answeredAt: null };
  return { commandId, runId: 'r', command: 'pause', issuedAt, status, ...rest };
}

function unsent(key: string, at: number, state: UnsentEntry['state']): UnsentEntry {
  return { key, command: 'pause', payload: {}, at, state };
}

describe('mergeCommands', () => {
  it('puts what is being sent first and the rest by time, newest first', () => {
    const entries = mergeCommands([record('a', 10), record('b', 30)], [unsent('x', 5, 'sending'), unsent('y', 20, 'refused')]);
    expect(entries.map(({ key }) => key)).toEqual(['x', 'b', 'y', 'a']);
  });
});

describe('withCommand', () => {
  it('adds in the order given', () => {
    expect(withCommand([record('a', 10), record('c', 30)], record('b', 20)).map(({ commandId }) => commandId)).toEqual(['a', 'b', 'c']);
  });

  it('takes a newer state', () => {
    expect(withCommand([record('a', 10, 'pending')], record('a', 10, 'ok'))[0]?.status).toBe('ok');
  });

  it('never takes an answer back', () => {
    const records = [record('a', 10, 'ok')];
    expect(withCommand(records, record('a', 10, 'pending'))).toBe(records);
    expect(withCommand([record('a', 10, 'sent')], record('a', 10, 'pending'))[0]?.status).toBe('sent');
  });
});
