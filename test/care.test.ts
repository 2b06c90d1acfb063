// Care for data as a user does it: the trash, clean-up by rules, backups of what is being written, and moving to another place.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandLine } from './cli-harness.js';

let cli: CommandLine;

beforeEach(() => {
  cli = new CommandLine();
});

afterEach(() => cli.remove());

async function listed(...args: string[]): Promise<string[]> {
  return (await cli.json<{ runId: string }[]>('list', ...args)).map(({ runId }) => runId);
}

const inFolder = (name: string): string => join(cli.directory, name);

describe('the trash', () => {
  it('takes runs and gives them back', async () => {
    for (const runId of ['one', 'two']) await cli.run('run', '--run-id', runId, '--', 'true');
    expect(await cli.run('delete', 'one')).toMatchObject({ code: 0, stdout: 'moved one to the trash\n' });
    expect(await listed()).toEqual(['two']);
    expect(await listed('--deleted')).toEqual(['one']);
    expect(await cli.json('show', 'one')).toMatchObject({ deletedAt: expect.any(String) });
    expect(await cli.run('restore', 'two')).toMatchObject({ code: 4, stderr: expect.stringContaining('in the trash') });
    expect(await cli.json('restore', 'latest')).toEqual({ restored: ['one'] });
    expect((await listed()).sort()).toEqual(['one', 'two']);
  });
});

describe('deleting for good', () => {
  it('takes the media of the run along', async () => {
    await cli.run('run', '--run-id', 'one', '--', 'true');
    const media = join(cli.directory, 'media', createHash('sha256').update('one').digest('hex').slice(0, 16));
    mkdirSync(media, { recursive: true });
    await cli.run('delete', 'one');
    expect(existsSync(media)).toBe(true);
    expect((await cli.run('delete', 'one', '--purge', '--yes')).code).toBe(0);
    expect(existsSync(media)).toBe(false);
    expect(await listed('--deleted')).toEqual([]);
  });
});

describe('xtrack gc', () => {
  it('does by rules what it said that it would, and empties the trash', async () => {
    await cli.run('run', '--run-id', 'kept', '--tag', 'keep=true', '--', 'true');
    await cli.run('run', '--run-id', 'failed', '--', 'false');
    await cli.run('run', '--run-id', 'trashed', '--', 'true');
    await cli.run('delete', 'trashed');
    const rules = inFolder('rules.json');
    writeFileSync(rules, JSON.stringify({ rules: [{ match: "status in ('failed', 'completed')", keepDays: 0 }] }));
    const args = ['gc', '--rules', rules, '--trash-days', '0'];
    const told = await cli.run(...args, '--dry-run');
    expect(told.stdout).toMatch(/would move to the trash {2}failed: rule 1: ended 0 days ago/);
    expect(told.stdout).toMatch(/would remove for good {2}trashed/);
    expect((await listed()).sort()).toEqual(['failed', 'kept']);
    expect(await cli.json(...args)).toMatchObject({
      trash: [{ runId: 'failed' }],
      purge: [{ runId: 'trashed' }],
      store: { before: expect.any(Number), after: expect.any(Number) },
    });
    expect(await listed()).toEqual(['kept']);
    expect(await listed('--deleted')).toEqual(['failed']);
  });

  it('refuses rules that it cannot read', async () => {
    await cli.run('run', '--run-id', 'r', '--', 'true');
    writeFileSync(inFolder('bad.json'), '{"rules": [{"keepDay": 3}]}');
    expect(await cli.run('gc', '--rules', inFolder('bad.json'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('rules.rules.0'),
    });
    writeFileSync(inFolder('bad.json'), '{');
    expect(await cli.run('gc', '--rules', inFolder('bad.json'))).toMatchObject({ code: 2, stderr: expect.stringContaining('not JSON') });
    expect((await cli.run('gc', '--rules', inFolder('none.json'))).code).toBe(3);
  });
});

describe('a backup', () => {
  it('is taken beside a live run, and restored elsewhere', async () => {
    const script = 'console.log("up"); process.stdin.resume(); setInterval(() => console.log("tick"), 20);';
    const run = cli.start('run', '--run-id', 'live', '--', process.execPath, '-e', script);
    await run.says(/^tick/m);
    const file = inFolder('copy.db.gz');
    expect(await cli.run('backup', file)).toMatchObject({ code: 0, stdout: expect.stringContaining(`to ${file}`) });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const elsewhere = inFolder('elsewhere');
    expect(await cli.run('restore', file, '--data', elsewhere)).toMatchObject({ code: 0, stdout: `restored 1 run to ${elsewhere}\n` });
    const logs = await cli.run('logs', 'live', '--data', elsewhere);
    expect(logs.stdout).toContain('tick');
    expect(await cli.run('restore', file, '--data', elsewhere)).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('XT_STORE_EXISTS'),
    });
    expect((await cli.run('restore', file, '--data', elsewhere, '--force')).code).toBe(0);
    expect(await cli.run('restore', file, '--force')).toMatchObject({ code: 3, stderr: expect.stringContaining('another process') });
    await cli.run('stop', 'live', '--grace', '1');
    await run.ended;
  });
});

describe('xtrack migrate', () => {
  it('copies all runs to another place, and compares them', async () => {
    await cli.run('run', '--run-id', 'one', '--', 'echo', 'hello');
    await cli.run('run', '--run-id', 'two', '--', 'true');
    await cli.run('delete', 'two');
    const target = inFolder('target');
    const places = ['--from', cli.directory, '--to', target];
    expect(await cli.run('migrate', ...places)).toMatchObject({ code: 0, stdout: '2 runs: 2 copied, 2 compared and equal\n' });
    expect(await cli.json('migrate', ...places, '--verify-only')).toMatchObject({ copied: [], verified: 2, different: [] });
    expect((await cli.run('logs', 'one', '--data', target)).stdout).toContain('hello');
    expect(await listed('--deleted', '--data', target)).toEqual(['two']);
    await cli.run('restore', 'two', '--data', target);
    const { code, stderr } = await cli.run('migrate', ...places);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/XT_COPY_DIFFERS.*'two' in record/)]);
    expect((await cli.run('migrate', '--from', cli.directory, '--to', cli.directory)).code).toBe(2);
    expect(existsSync(inFolder('nowhere'))).toBe(false);
    expect((await cli.run('migrate', '--from', inFolder('nowhere'), '--to', target)).code).toBe(3);
    expect(existsSync(inFolder('nowhere'))).toBe(false);
  });
});
