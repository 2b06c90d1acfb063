// The built library, loaded once the clocks are taken over: parts of it look at the time while they load.

import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const BUILT = fileURLToPath(new URL('../../dist', import.meta.url));

/** Everything of it that the simulation drives. */
export const code = {};

const MODULES = [
  'protocol/index.js',
  'runtime/hub.js',
  'runtime/journal.js',
  'runtime/collector.js',
  'runtime/lane.js',
  'runtime/indexer.js',
  'runtime/sequence.js',
  'transports/session/session.js',
  'transports/listen/listener.js',
  'transports/recorded/spool.js',
  'transports/recorded/file.js',
  'storage/memory/store.js',
  'emitter/event-queue.js',
  'emitter/run.js',
  'emitter/delivery/sender.js',
  'emitter/warnings.js',
  'emitter/delivery/in-flight.js',
  'emitter/delivery/flush-waiters.js',
  'transports/session/door.js',
  'protocol/frames/held-bytes.js',
];

export async function load(dist = BUILT) {
  const from = async (path) => await import(pathToFileURL(join(resolve(dist), path)).href);
  for (const loaded of await Promise.all(MODULES.map(from))) Object.assign(code, loaded);
  code.EmitterSpool = (await from('emitter/delivery/spool.js')).Spool;
}
