// The events of a block, out of its exact bytes.

import { FrameDecoder } from '../../protocol/decoder.js';
import type { TrackEvent } from '../../protocol/events.js';
import { HEADER_BYTES, LIMITS } from '../../protocol/limits.js';
import type { Block } from '../store.js';

/** Whether the frame whose JSON begins at `from` may be of those that are looked for. */
type MayBeWanted = (bytes: Uint8Array, from: number) => boolean;

/**
 * Calls `take` for each event of the block, in the order of its frames, with the incarnation that it belongs to. Frames that cannot be
 * wanted are passed over unread.
 */
export function eventsOf(
  { bytes, implied }: Pick<Block, 'bytes' | 'implied'>,
  take: (event: TrackEvent) => void,
  mayBeWanted?: MayBeWanted,
): void {
  const incarnations = new Map(Object.entries(implied));
  const decoder = new FrameDecoder(
    {
      message(message) {
        if (!('seq' in message)) return;
        take(message.incarnation === '' ? { ...message, incarnation: incarnations.get(message.worker) ?? '' } : message);
      },
      // What was accepted once decodes again; anything else in a block is damage, and the events around it still count.
      refused() {},
      skipped() {},
    },
    { mode: 'recover', maxFrame: LIMITS.frameHard },
  );
  if (mayBeWanted === undefined) decoder.push(bytes);
  else for (const frame of framesOf(bytes, mayBeWanted)) decoder.push(frame);
  decoder.end();
}

function* framesOf(bytes: Uint8Array, mayBeWanted: MayBeWanted): Generator<Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const end = at + HEADER_BYTES + view.getUint32(at);
    if (mayBeWanted(bytes, at + HEADER_BYTES)) yield bytes.subarray(at, end);
    at = end;
  }
}
