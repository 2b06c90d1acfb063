// What people change about a run, as the tags that the control plane writes into its log.

import { LIMITS, XTrackError } from '../protocol/index.js';
import { isReservedTag, RESERVED_PREFIX, RESERVED_TAGS } from '../protocol/reserved-tags.js';

/** What is left out stays as it is. */
export interface RunEdit {
  /** 1 to 512 bytes. */
  readonly name?: string;
  /** Up to 64 KiB; null or empty: none. */
  readonly notes?: string | null;
  /** Null removes the tag. Keys of 1 to 512 bytes that do not begin with `xtrack.`; values up to 4 KiB. */
  readonly tags?: Readonly<Record<string, string | null>>;
  /** Put aside: lists of the dashboard leave it out. */
  readonly archived?: boolean;
  /** Everybody who reaches the server may see it, without a key. */
  readonly public?: boolean;
  /** The id of the checkpoint that is the one to use; null: none is. */
  readonly promoted?: string | null;
}

/** Bytes in UTF-8. */
const MAX_NOTES = 64 * 1024;
const MAX_VALUE = 4 * 1024;
/** Tags changed at once. */
const MAX_TAGS = 1_000;

/** The tags of one edit. Throws XT_ARGUMENT, XT_FIELD_LIMIT. */
export function tagsOfEdit({ name, notes, tags = {}, archived, public: open, promoted }: RunEdit): Record<string, string | null> {
  const own = Object.entries(tags);
  if (own.length > MAX_TAGS) throw tooLong('tags', `${MAX_TAGS} tags`);
  for (const [key, value] of own) checkTag(key, value);
  if (name === '') throw new XTrackError('XT_ARGUMENT', { detail: 'a name is not empty', field: 'name' });
  checkText('name', name, LIMITS.label);
  checkText('notes', notes, MAX_NOTES);
  checkText('promoted', promoted, MAX_VALUE);
  const reserved: [string, string | null | undefined][] = [
    [RESERVED_TAGS.name, name],
    [RESERVED_TAGS.notes, notes === '' ? null : notes],
    [RESERVED_TAGS.archived, mark(archived)],
    [RESERVED_TAGS.public, mark(open)],
    [RESERVED_TAGS.promoted, promoted],
  ];
  const changed = reserved.filter((entry): entry is [string, string | null] => entry[1] !== undefined);
  return Object.fromEntries([...own, ...changed]);
}

/** A mark that is not set is no tag at all. */
function mark(set: boolean | undefined): string | null | undefined {
  return set === undefined ? undefined : set ? 'true' : null;
}

function checkTag(key: string, value: string | null): void {
  const field = `tags.${key.slice(0, 64)}`;
  if (key === '' || isReservedTag(key))
    throw new XTrackError('XT_ARGUMENT', { detail: `the key of a tag is not empty and does not begin with ${RESERVED_PREFIX}`, field });
  checkText(field, key, LIMITS.label);
  checkText(field, value, MAX_VALUE);
}

function checkText(field: string, text: string | null | undefined, bytes: number): void {
  if (typeof text === 'string' && Buffer.byteLength(text) > bytes) throw tooLong(field, `${bytes} bytes`);
}

function tooLong(field: string, limit: string): XTrackError {
  return new XTrackError('XT_FIELD_LIMIT', { detail: `over ${limit}`, field });
}
