// Faults that nobody waits for: they are said, and keep nothing else from going on.

import { XTrackError } from '../protocol/index.js';

/** Says it. */
export function warnOf(error: unknown): undefined {
  const { message, code } = XTrackError.from(error, 'XT_INTERNAL');
  process.emitWarning(message, { type: 'XTrackWarning', code });
}

/** Calls, and says what is thrown: whoever listens must not keep others from hearing. */
export function guard(call: () => void): void {
  try {
    call();
  } catch (error) {
    warnOf(error);
  }
}
