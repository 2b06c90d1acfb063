// Tags that mean something to XTrack itself. They travel and are kept as any other, so that every store and emitter knows them.

/** What begins like this is no tag of the user's. */
export const RESERVED_PREFIX = 'xtrack.';

/** True for the key of a tag that is XTrack's own: no user writes it, and no list of tags shows it. */
export function isReservedTag(key: string): boolean {
  return key.startsWith(RESERVED_PREFIX);
}

export const RESERVED_TAGS = {
  /** The run's name, whatever it was started with. */
  name: 'xtrack.name',
  notes: 'xtrack.notes',
  /** `true`: put aside. */
  archived: 'xtrack.archived',
  /** `true`: everybody who reaches the server may see the run. No worker can set it. */
  public: 'xtrack.public',
  /** The id of the checkpoint that was promoted. */
  promoted: 'xtrack.promoted',
  /** The id of the key that the run was begun with: no other key writes to it. No worker can set it. */
  key: 'xtrack.key',
} as const;
