// Which driver of SQLite is used: Node's own where it has one that is sound, else better-sqlite3; XTRACK_SQLITE says otherwise.

import { createRequire } from 'node:module';
import { XTrackError } from '../../../protocol/errors.js';
import type { Driver } from './connection.js';
import { openInNode, versionInNode } from './node-sqlite.js';

/** Before it, two connections that write and checkpoint at once could corrupt the database. */
const OLDEST_SQLITE = [3, 51, 3] as const;

type DriverName = 'node' | 'better';

interface Chosen {
  readonly name: DriverName;
  readonly open: Driver;
}

let chosen: { readonly asked: string; readonly driver: Chosen } | undefined;

/** Throws XT_SQLITE where there is none, and XT_ARGUMENT where XTRACK_SQLITE names none. */
export function chooseDriver(): Chosen {
  const asked = process.env.XTRACK_SQLITE ?? '';
  if (chosen?.asked !== asked) chosen = { asked, driver: choose(asked) };
  return chosen.driver;
}

/** True for a version of SQLite to which the data may be entrusted. */
export function isSound(version: string): boolean {
  const parts = version.split('.').map(Number);
  const differing = OLDEST_SQLITE.findIndex((part, index) => part !== parts[index]);
  return differing < 0 || (parts[differing] ?? 0) > (OLDEST_SQLITE[differing] as number);
}

/** What is wrong with such a version. */
export function unsound(version: string): string {
  return `SQLite ${version} can corrupt a shared database; ${OLDEST_SQLITE.join('.')} or newer is needed`;
}

function choose(asked: string): Chosen {
  if (!['', 'node', 'better'].includes(asked))
    throw new XTrackError('XT_ARGUMENT', { detail: `XTRACK_SQLITE is 'node' or 'better', not '${asked}'`, field: 'XTRACK_SQLITE' });
  if (asked !== 'better' && isSound(versionInNode() ?? '0')) return { name: 'node', open: openInNode };
  if (asked === 'node') throw new XTrackError('XT_SQLITE', { detail: ownSqlite(), field: 'XTRACK_SQLITE' });
  return { name: 'better', open: loadBetter() };
}

function loadBetter(): Driver {
  const require = createRequire(import.meta.url);
  const failure = (why: string, cause?: unknown): XTrackError =>
    new XTrackError('XT_SQLITE', { detail: `${ownSqlite()}, and ${why}`, ...(cause !== undefined && { cause }) });
  try {
    const { version } = require('better-sqlite3/package.json') as { version: string };
    if (Number(version.split('.')[0]) >= 13 && Number(process.versions.node.split('.')[0]) < 22)
      throw failure(`better-sqlite3 ${version} would crash it`);
    const Database = require('better-sqlite3') as new (...given: Parameters<Driver>) => ReturnType<Driver>;
    // It looks for its compiled half when it opens the first database.
    new Database(':memory:', { readonly: false, fileMustExist: false, timeout: 0 }).close();
    return (path, opening) => new Database(path, opening);
  } catch (error) {
    if (error instanceof XTrackError) throw error;
    throw failure(whyNotBetter(error), error);
  }
}

function ownSqlite(): string {
  const version = versionInNode();
  if (version === undefined) return `${here()} brings no SQLite`;
  return isSound(version) ? `XTRACK_SQLITE leaves that of ${here()} alone` : `of ${here()} ${unsound(version)}`;
}

function whyNotBetter(error: unknown): string {
  const { message, code } = error as Error & { code?: unknown };
  if (code === 'MODULE_NOT_FOUND') return 'better-sqlite3 is not installed';
  return `better-sqlite3 does not load: ${message.split('\n', 1)[0]}`;
}

function here(): string {
  return `Node ${process.versions.node}`;
}
