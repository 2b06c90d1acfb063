import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AuditEntry, AuditLog } from './audit-log.js';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'xtrack-audit-'));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

const entry = (action: string): AuditEntry => ({ via: 'http', by: 'ada', action, outcome: 'done' });
const linesOf = (name: string): string[] => readFileSync(join(directory, name), 'utf8').trimEnd().split('\n');

describe('the audit log (SEC-21)', () => {
  it('is one JSON line each, for its owner alone, whatever stands in a name', () => {
    new AuditLog(directory).record(entry('first\r\n{"forged":true}'));
    new AuditLog(directory).record(entry('x'.repeat(10_000)));
    const lines = linesOf('audit.jsonl').map((line) => JSON.parse(line));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toEqual({ at: expect.stringMatching(/Z$/), ...entry('first\r\n{"forged":true}') });
    expect(lines[1].action).toHaveLength(501);
    expect(statSync(join(directory, 'audit.jsonl')).mode & 0o777).toBe(0o600);
  });

  it('begins a new file where one is full, loses no line while few are full, and does not fill the disk', () => {
    const logs = [new AuditLog(directory, 1_000), new AuditLog(directory, 1_000)];
    for (let at = 0; at < 40; at++) logs[at % 2]?.record(entry(`${at}`));
    const names = (): string[] => readdirSync(directory).filter((name) => name.startsWith('audit.'));
    const actions = names().flatMap((name) => linesOf(name).map((line) => Number(JSON.parse(line).action)));
    expect(actions.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, at) => at));
    for (let at = 0; at < 2_000; at++) logs[0]?.record(entry(`${at}`));
    expect(names().length).toBeLessThanOrEqual(10);
  });

  it('keeps nothing where there is no data directory, and holds nothing up where it cannot be written', () => {
    new AuditLog(null).record(entry('nowhere'));
    new AuditLog(join(directory, 'gone')).record(entry('nowhere'));
    expect(readdirSync(directory)).toEqual([]);
  });
});
