// A Unix socket file that only one process listens on: a stale one is replaced, a live one never, even when several
// processes start at the same moment.

import { chmodSync, rmSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { isMainThread } from 'node:worker_threads';
import { XTrackError } from '../../protocol/errors.js';
import { locked } from './file-lock.js';

/** Longest socket path that every system takes, in bytes: the kernel cuts longer ones off without a word. */
const MAX_SOCKET_PATH = 103;

/** Makes the server listen on `path`, mode 0600. Throws XT_LISTEN where another one answers. */
export async function listenOnSocketFile(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH) {
    throw new XTrackError('XT_LISTEN', { detail: `the socket path is longer than ${MAX_SOCKET_PATH} bytes: ${path}` });
  }
  try {
    // Between the look at the file and its removal another server may begin to listen on it.
    await locked(path, async () => {
      if (await isAnswered(path)) throw new XTrackError('XT_LISTEN', { detail: `another control plane answers on ${path}` });
      rmSync(path, { force: true });
      await bind(server, path);
      chmodSync(path, 0o600);
    });
  } catch (error) {
    throw XTrackError.from(error, 'XT_LISTEN');
  }
}

/** True when a process listens on the socket file, even one that is too busy to say anything. */
export function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const settle = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once('connect', () => settle(true));
    // EAGAIN: the queue of a listener that lives is full.
    socket.once('error', (error: NodeJS.ErrnoException) => settle(error.code === 'EAGAIN'));
  });
}

function bind(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // The file comes to be within this call: at no moment is it anybody else's. A thread cannot do so; there its folder guards it.
    const before = isMainThread ? process.umask(0o177) : undefined;
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
    if (before !== undefined) process.umask(before);
  });
}
