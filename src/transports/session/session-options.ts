// What a session is made of: the hub behind it, the peer before it, and what that peer may do.

import type { XTrackError } from '../../protocol/index.js';
import type { Hub } from '../../runtime/hub.js';
import type { Admission, Connection } from '../transport.js';

export interface SessionOptions {
  readonly hub: Hub;
  readonly connection: Connection;
  readonly admission: Admission;
  /** `socket`: damage ends the connection; `recover`: damage is skipped and reported. */
  readonly mode: 'socket' | 'recover';
  /** Told of damaged bytes: offset in the stream and length. */
  readonly onSkipped?: (error: XTrackError, offset: number, length: number) => void;
}
