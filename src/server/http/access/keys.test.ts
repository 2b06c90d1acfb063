import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeyRing } from './keys.js';
import { Sessions } from './sessions.js';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'xtrack-keys-'));
});

afterEach(() => {
  vi.useRealTimers();
  rmSync(directory, { recursive: true, force: true });
});

const DAY = 24 * 3_600_000;

describe('the first key', () => {
  it('is made once, and opens everything', () => {
    const made = KeyRing.open(directory);
    expect(made.firstToken).toMatch(/^xtk_[0-9a-f]{12}[\w-]{43}$/);
    expect(KeyRing.open(directory).firstToken).toBe(made.firstToken);
    expect(KeyRing.open(directory).holderOf(made.firstToken)?.principal).toEqual({
      name: 'owner',
      grants: [{ scope: 'admin', experiment: null }],
    });
  });

  it('is another one for each data directory, and for each process without one', () => {
    expect(KeyRing.open(null).firstToken).not.toBe(KeyRing.open(null).firstToken);
    expect(KeyRing.open(directory).holderOf(KeyRing.open(null).firstToken)).toBeUndefined();
  });

  it('is refused where the file holds something else', () => {
    for (const text of ['', 'password', `xtk_${'0'.repeat(54)}`]) {
      writeFileSync(join(directory, 'token'), text);
      expect(() => KeyRing.open(directory)).toThrowError(expect.objectContaining({ code: 'XT_FILE' }));
    }
  });
});

describe('the files', () => {
  it('are readable by their owner alone, and hold nothing that opens', () => {
    const keys = KeyRing.open(directory);
    const { key } = keys.create({ name: 'ci', scope: 'write' });
    Sessions.open(directory, keys);
    expect(readdirSync(directory).sort()).toEqual(['keys.json', 'session.key', 'token']);
    for (const name of readdirSync(directory)) expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
    const text = readFileSync(join(directory, 'keys.json'), 'utf8');
    expect(text).not.toContain(key.slice(16));
    expect(text).not.toContain(key.slice(4));
  });

  it('are narrowed where they were left open', () => {
    const { firstToken } = KeyRing.open(directory);
    rmSync(join(directory, 'token'));
    writeFileSync(join(directory, 'token'), firstToken, { mode: 0o644 });
    KeyRing.open(directory);
    expect(statSync(join(directory, 'token')).mode & 0o777).toBe(0o600);
  });

  it('are not guessed at where they cannot be read', () => {
    const keys = KeyRing.open(directory);
    const { key } = keys.create({ name: 'ci', scope: 'write' });
    for (const text of ['{', '{"keys":1}', '{"keys":[{"id":1}]}', 'null']) {
      writeFileSync(join(directory, 'keys.json'), text);
      expect(() => keys.holderOf(key)).toThrowError(expect.objectContaining({ code: 'XT_FILE' }));
    }
  });
});

describe('a key', () => {
  it('is shown once, listed without its secret, and known by its holder', () => {
    const keys = KeyRing.open(directory);
    const { key, ...info } = keys.create({ name: 'ci', scope: 'read', experiment: 'digits' });
    expect(keys.list()).toEqual([info]);
    expect(info).toMatchObject({ name: 'ci', scope: 'read', experiment: 'digits', expiresAt: null });
    expect(keys.holderOf(key)).toEqual({ keyId: info.id, principal: { name: 'ci', grants: [{ scope: 'view', experiment: 'digits' }] } });
  });

  it('made or revoked by another process holds at once', () => {
    const server = KeyRing.open(directory);
    const terminal = KeyRing.open(directory);
    const { key, id } = terminal.create({ name: 'ci', scope: 'write' });
    expect(server.holderOf(key)?.keyId).toBe(id);
    expect(terminal.revoke(id)).toBe(true);
    expect(server.holderOf(key)).toBeUndefined();
    expect(terminal.revoke(id)).toBe(false);
  });

  it('expires', () => {
    const keys = KeyRing.open(directory);
    const { key } = keys.create({ name: 'ci', scope: 'write', expiresAt: new Date(Date.now() + DAY).toISOString() });
    expect(keys.holderOf(key)).toBeDefined();
    vi.useFakeTimers({ now: Date.now() + DAY + 1 });
    expect(keys.holderOf(key)).toBeUndefined();
  });

  it('differs in one character: it is none', () => {
    const keys = KeyRing.open(directory);
    const { key } = keys.create({ name: 'ci', scope: 'admin' });
    const other = key.endsWith('A') ? 'B' : 'A';
    for (const wrong of [key.slice(0, -1) + other, key.slice(0, -1), `${key}A`, key.toUpperCase(), key.replace('xtk_', ''), '', 'xtk_'])
      expect(keys.holderOf(wrong)).toBeUndefined();
  });

  it.each([
    ['no name', { name: ' ', scope: 'read' }],
    ['a long name', { name: 'x'.repeat(101), scope: 'read' }],
    ['a past end', { name: 'ci', scope: 'read', expiresAt: '2020-01-01T00:00:00Z' }],
    ['an end that is no time', { name: 'ci', scope: 'read', expiresAt: 'soon' }],
  ] as const)('is not made with %s', (_what, wanted) => {
    expect(() => KeyRing.open(directory).create(wanted)).toThrowError(expect.objectContaining({ code: 'XT_ARGUMENT' }));
  });

  it('says what it may write to', () => {
    const keys = KeyRing.open(null);
    const writer = (scope: 'read' | 'write' | 'admin', experiment?: string) =>
      keys.writer(keys.create({ name: 'k', scope, experiment }).key);
    expect(writer('read')).toBeUndefined();
    const keyId = expect.stringMatching(/^[0-9a-f]{12}$/);
    expect(writer('write')).toEqual({ experiments: null, keyId, everyRun: false });
    expect(writer('admin', 'digits')).toEqual({ experiments: new Set(['digits']), keyId, everyRun: true });
    // What the owner begins is nobody's in particular.
    expect(keys.writer(keys.firstToken)).toEqual({ experiments: null });
    expect(keys.writer('xtk_')).toBeUndefined();
  });
});

describe('a session', () => {
  it('is its key holder, until 30 days are over', () => {
    const keys = KeyRing.open(directory);
    const { key, id } = keys.create({ name: 'ada', scope: 'read' });
    const cookie = Sessions.open(directory, keys).issue(id);
    // Signed with a key that outlives the process.
    const later = Sessions.open(directory, KeyRing.open(directory));
    expect(later.holderOf(cookie)).toEqual(keys.holderOf(key));
    vi.useFakeTimers({ now: Date.now() + 30 * DAY + 1_000 });
    expect(later.holderOf(cookie)).toBeUndefined();
  });

  it('dies with its key', () => {
    const keys = KeyRing.open(null);
    const { id } = keys.create({ name: 'ada', scope: 'read' });
    const sessions = Sessions.open(null, keys);
    const cookie = sessions.issue(id);
    keys.revoke(id);
    expect(sessions.holderOf(cookie)).toBeUndefined();
  });

  it('cannot be made up, lengthened or moved to another key', () => {
    const keys = KeyRing.open(null);
    const [ada, eve] = ['ada', 'eve'].map((name) => keys.create({ name, scope: 'admin' }).id) as [string, string];
    const sessions = Sessions.open(null, keys);
    const [id, until, signature] = sessions.issue(ada).split('.') as [string, string, string];
    const forged = [
      `${eve}.${until}.${signature}`,
      `${id}.${Number(until) + 9}.${signature}`,
      `${id}.${until}.${'A'.repeat(43)}`,
      `${id}.${until}.`,
      '',
    ];
    for (const cookie of forged) expect(sessions.holderOf(cookie)).toBeUndefined();
    expect(Sessions.open(null, keys).holderOf(sessions.issue(ada))).toBeUndefined();
  });

  it('is not signed with an emptied key', () => {
    writeFileSync(join(directory, 'session.key'), '');
    expect(() => Sessions.open(directory, KeyRing.open(directory))).toThrowError(expect.objectContaining({ code: 'XT_FILE' }));
  });
});
