// Puts a track's sealed chunks into groups as they grow in number, with their summaries at several resolutions.

import { toBlob, toFloats } from '../../points/chunk-column.js';
import { GROUP_CHUNKS, groupOf, type Member } from '../../series/pyramid.js';
import type { Connection, Statement } from '../driver.js';

type MemberRow = Omit<Member, 'cells'> & { readonly cells: Uint8Array };

/** Rows of `group_cells` that an id of `chunk_groups` leaves room for. */
export const LEVELS_PER_GROUP = 8;

export class GroupWriter {
  readonly #count: Statement;
  readonly #members: Statement;
  readonly #insertGroup: Statement;
  readonly #insertCells: Statement;
  /** Chunks in no group yet, by track; what is missing here is counted. */
  readonly #loose = new Map<number, number>();

  constructor(connection: Connection) {
    const loose =
      'FROM chunks WHERE track = ? AND open = 0 AND id > (SELECT coalesce(max(last_chunk), 0) FROM chunk_groups WHERE track = ?)';
    this.#count = connection.prepare(`SELECT count(*) AS count ${loose}`);
    this.#members = connection.prepare(`SELECT id, first_seq, last_seq, count, cells ${loose} ORDER BY id LIMIT ${GROUP_CHUNKS}`);
    this.#insertGroup = connection.prepare(
      'INSERT INTO chunk_groups (track, first_chunk, last_chunk, first_seq, last_seq, count, cells) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    this.#insertCells = connection.prepare('INSERT INTO group_cells (id, cells) VALUES (?, ?)');
  }

  /** A chunk of the track has been sealed. */
  sealed(track: number): void {
    const known = this.#loose.get(track);
    let loose = known === undefined ? (this.#count.get(track, track) as { count: number }).count : known + 1;
    for (; loose >= GROUP_CHUNKS; loose -= GROUP_CHUNKS) this.#group(track);
    this.#loose.set(track, loose);
  }

  /** What is counted may not hold any more. */
  forget(): void {
    this.#loose.clear();
  }

  #group(track: number): void {
    const members = this.#members.all(track, track) as MemberRow[];
    if (members.length === 0) return;
    const made = groupOf(members.map((row) => ({ ...row, cells: toFloats(row.cells) })));
    const { firstChunk, lastChunk, firstSeq, lastSeq, count, levels } = made;
    const whole = toBlob(levels?.whole ?? new Float64Array(0));
    const group = Number(this.#insertGroup.run(track, firstChunk, lastChunk, firstSeq, lastSeq, count, whole).lastInsertRowid);
    for (const [level, cells] of (levels?.levels ?? []).entries()) this.#insertCells.run(group * LEVELS_PER_GROUP + level, toBlob(cells));
  }
}
