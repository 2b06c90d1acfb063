// Which process is meant by a pid: a pid alone is reused, a pid with its start time is not.

import { readFileSync } from 'node:fs';

let bootId: string | undefined;

function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

/**
 * Start time of a process with the boot id, or undefined when there is no such process (a zombie counts as none).
 * Where the system has no /proc, a living pid gives `''`: then only the pid is compared.
 */
export function processStartTime(pid: number): string | undefined {
  bootId ??= readBootId();
  if (bootId === '') return isSignalable(pid) ? '' : undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the command in parentheses and may hold anything; fields are counted after the last ')'.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const state = fields[0];
    if (state === 'Z' || state === 'X') return undefined;
    return `${fields[19]}@${bootId}`;
  } catch {
    return undefined;
  }
}

function isSignalable(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** True while the very process with this pid and start time lives. */
export function isAlive(identity: { readonly pid: number; readonly startTime: string }): boolean {
  return processStartTime(identity.pid) === identity.startTime;
}

/** This process. */
export function ownIdentity(): { pid: number; startTime: string } {
  return { pid: process.pid, startTime: processStartTime(process.pid) ?? '' };
}
