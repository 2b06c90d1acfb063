// Who this emitter is: run id, worker id and incarnation.

import { randomBytes } from 'node:crypto';
import { isRunId } from '../protocol/run-id.js';
import type { Complaints } from './warnings.js';

type Variables = Readonly<Record<string, string | undefined>>;

/** One life of one emitter: start time (ms, base 36), so that it sorts by time, and 32 random bits. */
export function makeIncarnation(): string {
  return `${Date.now().toString(36)}-${randomBytes(4).toString('hex')}`;
}

/** XTRACK_RUN_ID first, since a control plane that set it waits for that run; then the caller's; then a new UUIDv7. */
export function chooseRunId(asked: string | undefined, env: Variables, complaints: Complaints): string {
  const wanted = env.XTRACK_RUN_ID || asked;
  if (wanted === undefined) return makeRunId();
  if (isRunId(wanted)) return wanted;
  const made = makeRunId();
  complaints.raise('XT_RUN_ID', `${JSON.stringify(String(wanted).slice(0, 64))} is not a run id, ${made} is used instead`, 'runId');
  return made;
}

/** The worker's place in distributed training; `''` is the single worker. */
export function chooseWorker(asked: string | undefined, env: Variables): string {
  const named = asked ?? env.XTRACK_WORKER_ID;
  if (named !== undefined) return named;
  const size = Number(env.WORLD_SIZE ?? env.SLURM_NTASKS ?? 1);
  return size > 1 ? (env.RANK ?? env.SLURM_PROCID ?? '') : '';
}

/** RFC 9562 UUIDv7: 48 bits of milliseconds, then random. */
function makeRunId(): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
