// What a commit sends to the storage thread: a copy whose typed arrays lie in one piece of memory, which goes over as it is. Cloning them
// would copy each of them twice, the room kept for more included; transferring them would leave nothing to post to another thread.

import type { PointColumns } from './series/series.js';
import type { CommitRows } from './thread/rows.js';

/** Rows of which nothing else looks at the typed arrays, and the memory that these lie in. */
export interface Cargo {
  readonly rows: CommitRows;
  readonly memory: ArrayBuffer[];
}

/** Columns of doubles begin where a double may. */
const ALIGNED = 8;

/** A copy of the rows that may be transferred. */
export function packCargo(rows: CommitRows): Cargo {
  const { points, blocks, deadLetters } = rows;
  const { length } = points;
  const columns = length * (5 * Float64Array.BYTES_PER_ELEMENT + Uint32Array.BYTES_PER_ELEMENT);
  const frames = [...blocks, ...deadLetters].reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (columns + frames === 0) return { rows, memory: [] };
  const hold = new Hold(new ArrayBuffer(columns + frames));
  return {
    rows: {
      ...rows,
      points: hold.points(points),
      blocks: blocks.map((block) => ({ ...block, bytes: hold.bytes(block.bytes) })),
      deadLetters: deadLetters.map((letter) => ({ ...letter, bytes: hold.bytes(letter.bytes) })),
    },
    memory: [hold.memory],
  };
}

class Hold {
  readonly memory: ArrayBuffer;
  #used = 0;

  constructor(memory: ArrayBuffer) {
    this.memory = memory;
  }

  /** First of all, so that the doubles are aligned. */
  points({ length, track, seq, step, epoch, ts, value }: PointColumns): PointColumns {
    return {
      length,
      seq: this.#doubles(seq, length),
      step: this.#doubles(step, length),
      epoch: this.#doubles(epoch, length),
      ts: this.#doubles(ts, length),
      value: this.#doubles(value, length),
      track: this.#ids(track, length),
    };
  }

  bytes(bytes: Uint8Array): Uint8Array {
    const copy = new Uint8Array(this.memory, this.#take(bytes.length), bytes.length);
    copy.set(bytes);
    return copy;
  }

  #doubles(column: Float64Array, length: number): Float64Array {
    const copy = new Float64Array(this.memory, this.#take(length * ALIGNED), length);
    copy.set(column.subarray(0, length));
    return copy;
  }

  #ids(column: Uint32Array, length: number): Uint32Array {
    const copy = new Uint32Array(this.memory, this.#take(length * Uint32Array.BYTES_PER_ELEMENT), length);
    copy.set(column.subarray(0, length));
    return copy;
  }

  #take(size: number): number {
    const at = this.#used;
    this.#used += size;
    return at;
  }
}
