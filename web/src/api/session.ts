// Signing in by the address that the terminal prints: the key in its fragment becomes a session cookie, and leaves the address.

import { signIn } from './client';

/** Takes `#token=…` from the address, whatever the server says to it. Resolves when the session is there; undefined: there was no key. */
export function takeKeyFromAddress(): Promise<void> | undefined {
  const key = new URLSearchParams(location.hash.slice(1)).get('token');
  if (key === null) return undefined;
  history.replaceState(history.state, '', location.pathname + location.search);
  return signIn(key);
}
