// What an emitter says first on every connection and in every file.

import type { Hello } from '../../protocol/events.js';
import { LIMITS } from '../../protocol/limits.js';
import type { Identity } from '../event-queue.js';

const CLIENT = `xtrack-js node/${process.versions.node}`;

/** What this emitter can do. */
export const CAPABILITIES: readonly string[] = ['ack', 'command', 'crc', 'gap'];

/** The hello of one worker. */
export function greeting(
  identity: Identity,
  capabilities: readonly string[],
  { token, lastSeq = 0 }: { readonly token?: string | undefined; readonly lastSeq?: number } = {},
): Hello {
  return {
    type: 'hello',
    ...identity,
    client: CLIENT,
    capabilities,
    ...(token === undefined ? {} : { token }),
    ...(lastSeq > 0 ? { lastSeq } : {}),
    maxFrame: LIMITS.frame,
  };
}
