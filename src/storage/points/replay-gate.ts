// Loads the replay, and with it the protocol's decoder and schemas, beside the first calls: opening a store does not wait for them.

import { XTrackError } from '../../protocol/errors.js';

type Replay = typeof import('./replay.js');

let loading: Promise<Replay> | undefined;
let loaded: Replay | undefined;

/** Resolves when replayBlock may be called. */
export async function loadReplay(): Promise<void> {
  loading ??= import('./replay.js');
  loaded = await loading;
}

export function replayLoaded(): boolean {
  return loaded !== undefined;
}

/** See replay.ts. */
export const replayBlock: Replay['replayBlock'] = (block, add) => {
  if (loaded === undefined) throw new XTrackError('XT_STORE_OPEN', { detail: 'the decoder is not loaded yet' });
  loaded.replayBlock(block, add);
};
