// The keys that open the server: the one made at its first start, and those that were given out. Only their hashes are kept.
// And how a small secret file is kept: readable by its owner alone, and never seen half written.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { XTrackError } from '../../../protocol/errors.js';
import type { Principal } from './principal.js';

export type KeyScope = 'read' | 'write' | 'admin';

/** A key as it is shown: without what would open anything. */
export interface KeyInfo {
  readonly id: string;
  readonly name: string;
  readonly scope: KeyScope;
  /** The experiment that it is for; null: all, and the server itself. */
  readonly experiment: string | null;
  /** ISO 8601. */
  readonly createdAt: string;
  /** ISO 8601; null: it does not expire. */
  readonly expiresAt: string | null;
}

export interface NewKey {
  readonly name: string;
  readonly scope: KeyScope;
  readonly experiment?: string | undefined;
  /** ISO 8601. */
  readonly expiresAt?: string | undefined;
}

interface KeyRecord extends KeyInfo {
  /** SHA-256 of the whole key, hex. */
  readonly hash: string;
}

/** Who holds a key, with the id by which a session remembers it. */
export interface Holder {
  readonly keyId: string;
  readonly principal: Principal;
}

/** Runs that are begun with a key that was given out belong to it; `everyRun`: it may write to those of other keys, too. */
export interface KeyClaim {
  readonly keyId?: string;
  readonly everyRun?: boolean;
}

/** 48 bits that name the key, then 256 random bits. */
const FORM = /^xtk_([0-9a-f]{12})[A-Za-z0-9_-]{43}$/;
const MAX_NAME = 100;
const MAX_KEYS = 1_000;
const SCOPES = { read: 'view', write: 'write', admin: 'admin' } as const;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const makeKey = (): string => `xtk_${randomBytes(6).toString('hex')}${randomBytes(32).toString('base64url')}`;

/** Compared with keys of unknown ids, so that both take the same time. */
const NOBODY = digest(makeKey());

export class KeyRing {
  /** Null: in memory only. */
  private readonly path: string | null;
  private readonly first: KeyRecord;
  /** The key that was made at the first start: everything is allowed with it. Show it to whoever started the server, and nobody else. */
  readonly firstToken: string;
  private records: readonly KeyRecord[] = [];
  /** What the file looked like when it was read. */
  private seen = '';

  private constructor(directory: string | null, firstToken: string) {
    this.path = directory === null ? null : join(directory, 'keys.json');
    this.firstToken = firstToken;
    this.first = {
      id: FORM.exec(firstToken)?.[1] as string,
      name: 'owner',
      scope: 'admin',
      experiment: null,
      createdAt: new Date(0).toISOString(),
      expiresAt: null,
      hash: digest(firstToken).toString('hex'),
    };
  }

  /** The keys of a data directory (null: none, and gone with the process). Makes `<directory>/token` where it is missing. Throws XT_FILE. */
  static open(directory: string | null): KeyRing {
    if (directory === null) return new KeyRing(null, makeKey());
    const path = join(directory, 'token');
    const token = secretOf(path, makeKey).trim();
    if (!FORM.test(token)) throw new XTrackError('XT_FILE', { detail: `${path} holds no key; remove it, and a new one is made` });
    return new KeyRing(directory, token);
  }

  /** Whoever holds the key; undefined where it is none, was revoked or has expired. */
  holderOf(key: string): Holder | undefined {
    const id = FORM.exec(key)?.[1];
    const record = id === undefined ? undefined : this.find(id);
    const expected = record === undefined ? NOBODY : Buffer.from(record.hash, 'hex');
    const equal = timingSafeEqual(digest(key), expected);
    return equal && record !== undefined ? alive(record) : undefined;
  }

  /** What the key may write to; undefined where it may write to nothing. */
  writer(key: string): (KeyClaim & { readonly experiments: ReadonlySet<string> | null }) | undefined {
    const { keyId = '', principal } = this.holderOf(key) ?? {};
    const grants = principal?.grants.filter(({ scope }) => scope !== 'view') ?? [];
    if (grants.length === 0) return undefined;
    const all = grants.some(({ experiment }) => experiment === null);
    return { experiments: all ? null : new Set(grants.flatMap(({ experiment }) => experiment ?? [])), ...this.claimOf(keyId) };
  }

  /** Whose the runs are that are begun with the key of that id: a key's own, or, with the first key, nobody's in particular. */
  claimOf(keyId: string): KeyClaim {
    if (keyId === this.first.id) return {};
    return { keyId, everyRun: this.find(keyId)?.scope === 'admin' };
  }

  /** Whoever holds the key with the id, while it is in force. */
  holderOfId(id: string): Holder | undefined {
    const record = this.find(id);
    return record === undefined ? undefined : alive(record);
  }

  /** The keys that were given out, oldest first. */
  list(): KeyInfo[] {
    this.refresh();
    return this.records.map(({ hash: _hash, ...info }) => info);
  }

  /** Makes a key; it is shown here and never again. Throws XT_ARGUMENT, XT_FILE. */
  create(wanted: NewKey): KeyInfo & { readonly key: string } {
    this.refresh();
    if (this.records.length >= MAX_KEYS) throw new XTrackError('XT_ARGUMENT', { detail: `there are ${MAX_KEYS} keys already` });
    const key = makeKey();
    const info = { id: FORM.exec(key)?.[1] as string, ...checked(wanted), createdAt: new Date().toISOString() };
    this.save([...this.records, { ...info, hash: digest(key).toString('hex') }]);
    return { ...info, key };
  }

  /** Takes a key out of force, with its sessions. False where there is none with the id. Throws XT_FILE. */
  revoke(id: string): boolean {
    this.refresh();
    const left = this.records.filter((record) => record.id !== id);
    if (left.length === this.records.length) return false;
    this.save(left);
    return true;
  }

  private find(id: string): KeyRecord | undefined {
    if (id === this.first.id) return this.first;
    this.refresh();
    return this.records.find((record) => record.id === id);
  }

  private save(records: readonly KeyRecord[]): void {
    if (this.path !== null) replaceSecret(this.path, `${JSON.stringify({ version: 1, keys: records }, null, 2)}\n`);
    this.records = records;
  }

  /** `xtrack keys` writes the file from another process. */
  private refresh(): void {
    if (this.path === null) return;
    const state = stateOf(this.path);
    if (state === this.seen) return;
    const text = readSecret(this.path);
    this.records = text === undefined ? [] : parseKeys(text, this.path);
    this.seen = state;
  }
}

function alive(record: KeyRecord): Holder | undefined {
  if (record.expiresAt !== null && Date.parse(record.expiresAt) <= Date.now()) return undefined;
  const grant = { scope: SCOPES[record.scope], experiment: record.experiment };
  return { keyId: record.id, principal: { name: record.name, grants: [grant] } };
}

function checked({ name, scope, experiment = '', expiresAt }: NewKey): Omit<KeyInfo, 'id' | 'createdAt'> {
  if (name.trim() === '' || name.length > MAX_NAME)
    throw new XTrackError('XT_ARGUMENT', { detail: `the name must have 1 to ${MAX_NAME} characters`, field: 'name' });
  const expires = expiresAt === undefined ? null : Date.parse(expiresAt);
  if (expires !== null && !(expires > Date.now()))
    throw new XTrackError('XT_ARGUMENT', { detail: 'it would have expired already', field: 'expiresAt' });
  return {
    name,
    scope,
    experiment: experiment === '' ? null : experiment,
    expiresAt: expires === null ? null : new Date(expires).toISOString(),
  };
}

function stateOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? 'none' : `${stats.ino}/${stats.mtimeMs}/${stats.size}`;
}

function parseKeys(text: string, path: string): KeyRecord[] {
  try {
    const { keys } = JSON.parse(text) as { keys: KeyRecord[] };
    if (keys.every(isRecord)) return keys;
  } catch {
    // Reported below, like a file with something else in it.
  }
  throw new XTrackError('XT_FILE', { detail: `${path} cannot be read as keys` });
}

function isRecord({ id, name, scope, experiment, expiresAt, hash }: KeyRecord): boolean {
  return (
    [id, name, hash].every((text) => typeof text === 'string') &&
    /^[0-9a-f]{64}$/.test(hash) &&
    scope in SCOPES &&
    [experiment, expiresAt].every((text) => text === null || typeof text === 'string')
  );
}

const MODE = 0o600;

/** The file's text; undefined where there is none. Throws XT_FILE. */
function readSecret(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw XTrackError.from(error, 'XT_FILE');
  }
}

/** Puts the text in the place of what was there. Throws XT_FILE. */
function replaceSecret(path: string, text: string): void {
  place(path, text, renameSync);
}

/** The file's text; where there is no file it is made with `fresh`, and of two processes that do so at once both get the same. Throws XT_FILE. */
export function secretOf(path: string, fresh: () => string): string {
  const there = readSecret(path);
  if (there !== undefined) {
    narrow(path);
    return there;
  }
  place(path, fresh(), linkUnlessThere);
  return readSecret(path) as string;
}

function place(path: string, text: string, put: (from: string, to: string) => void): void {
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(draft, text, { mode: MODE, flag: 'wx', flush: true });
    put(draft, path);
  } catch (error) {
    throw XTrackError.from(error, 'XT_FILE');
  } finally {
    rmSync(draft, { force: true });
  }
}

function linkUnlessThere(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** A copy or a restore may have left it open to others. */
function narrow(path: string): void {
  try {
    chmodSync(path, MODE);
  } catch (error) {
    throw XTrackError.from(error, 'XT_FILE');
  }
}
