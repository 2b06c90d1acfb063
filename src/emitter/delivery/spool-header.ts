// The first frame of a spool file: hello, and who writes the file, so that a control plane can tell when its writer is dead.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { eventJson } from '../../protocol/encode.js';
import type { Hello } from '../../protocol/events.js';
import { HEADER_BYTES } from '../../protocol/limits.js';

/**
 * A hello frame that also names the process (pid, its start time in clock ticks since boot, and the boot; empty where the system has no /proc) and the data
 * directory whose control plane takes the file in, wherever it lies.
 */
export function spoolHeader(hello: Hello, data: string): Uint8Array {
  const spool = JSON.stringify({ pid: process.pid, pid_start: startTicks(), boot_id: bootId(), data: resolve(data) });
  // Inside the two closing braces, of the payload and of the frame.
  const json = Buffer.from(`${eventJson(hello).slice(0, -2)},"spool":${spool}}}`);
  const frame = Buffer.alloc(HEADER_BYTES + json.length);
  frame.writeUInt32BE(json.length);
  json.copy(frame, HEADER_BYTES);
  return frame;
}

/** Field 22 of proc(5) stat; counted from behind the command, which stands in parentheses and may hold anything. */
function startTicks(): number {
  const stat = readProc('/proc/self/stat');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? 0);
}

function bootId(): string {
  return readProc('/proc/sys/kernel/random/boot_id').trim();
}

function readProc(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
