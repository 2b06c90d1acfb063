// Whether a run can be steered now and, where not, the reason that the page gives.

import type { CommandType } from '../../../src/protocol/collector-messages.js';
import { isFinal } from '../../../src/protocol/events.js';
import type { CommandRecord, RunStatus } from '../../../src/storage/store.js';

export interface SteeredRun {
  readonly status: RunStatus;
  readonly deletedAt: string | null;
  readonly experimentId: string | null;
  readonly workers: readonly { readonly endedAt: number | null }[];
}

export interface KeyGrant {
  readonly scope: string;
  readonly experiment: string | null;
}

export interface Availability {
  readonly able: boolean;
  /** Why not; or, where it can be tried, what stands in the way. */
  readonly reason: string | null;
}

const FREE: Availability = { able: true, reason: null };

export function mayWrite(grants: readonly KeyGrant[], experimentId: string | null): boolean {
  return grants.some(
    ({ scope, experiment }) => (scope === 'write' || scope === 'admin') && (experiment === null || experiment === experimentId),
  );
}

/** Of the run as a whole. */
export function availability(run: SteeredRun, grants: readonly KeyGrant[]): Availability {
  if (!mayWrite(grants, run.experimentId))
    return no('Your key may look at this run but not steer it: that takes a key with the scope "write".');
  if (isFinal(run.status)) return no(`The run is over (${run.status}): nobody is left to take a command.`);
  if (run.deletedAt !== null) return no('The run is in the trash: restore it first.');
  if (run.status === 'finishing') return no('The run is finishing: its training is over.');
  if (run.workers.length > 0 && run.workers.every(({ endedAt }) => endedAt !== null)) return no('All workers of the run have ended.');
  if (run.status === 'interrupted')
    return but('Contact with the run is lost for now: a command waits until its worker is back, or expires.');
  if (run.workers.length === 0) return but('No worker has reported yet: a command waits for the first one, or expires.');
  return FREE;
}

/** Of one command, where the run as a whole can be steered. */
export function commandAvailability(type: CommandType, run: SteeredRun, commands: readonly CommandRecord[]): Availability {
  const same = commands.findLast(({ command }) => command === type);
  if (type !== 'custom' && same?.status === 'unsupported') {
    return no('The workers of this run said that they cannot do this.');
  }
  if (same !== undefined && type !== 'custom' && isOpen(same)) return no('The last one is not answered yet.');
  if (type === 'pause' && run.status === 'paused') return no('The run is paused already.');
  if (type === 'resume' && run.status !== 'paused' && !pauseAsked(commands)) return no('The run is not paused.');
  return FREE;
}

/** Neither answered nor given up. */
function isOpen({ status }: CommandRecord): boolean {
  return status === 'pending' || status === 'sent';
}

/** A pause was asked for last, whether or not the run has come to say so. */
function pauseAsked(commands: readonly CommandRecord[]): boolean {
  const last = commands.findLast(({ command }) => command === 'pause' || command === 'resume');
  return last?.command === 'pause' && (isOpen(last) || last.status === 'ok');
}

function no(reason: string): Availability {
  return { able: false, reason };
}

function but(reason: string): Availability {
  return { able: true, reason };
}
