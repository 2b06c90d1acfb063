// How an agent steers runs: through whichever process of the data directory holds them, since its own holds none, and with a trace.

import { XTrackError } from '../protocol/errors.js';
import { askOwner } from '../server/control/forward.js';
import type { ControlParams } from '../server/control/wire.js';
import type { AuditLog } from '../server/http/access/audit-log.js';

/** How a run is steered, whichever process holds it. Results are those of the control channel. */
export interface Steering {
  sendCommand(request: SteeringRequest): Promise<SteeringRecord>;
  /** Resolves once the run is being stopped. */
  stopRun(request: { readonly runId: string; readonly by: string; readonly graceMs?: number }): Promise<void>;
}

export interface SteeringRequest {
  readonly runId: string;
  readonly type: 'pause' | 'resume' | 'checkpoint_now' | 'adjust_lr' | 'update_params';
  readonly payload: Readonly<Record<string, unknown>>;
  readonly by: string;
  readonly expiresInMs: number;
}

export interface SteeringRecord {
  readonly status: string;
  readonly result: unknown;
  readonly error: string | null;
}

/** Errors of its verbs: those of the run's owner, XT_RUN_NOT_LIVE where none can be reached. */
export function ownerSteering(directory: string): Steering {
  return {
    async sendCommand(request) {
      const { runId } = request;
      const params = request as ControlParams['sendCommand'];
      return (await askOwner(directory, runId, (owner) => owner.call('sendCommand', params))) as SteeringRecord;
    },
    async stopRun(request) {
      await askOwner(directory, request.runId, (owner) => owner.call('stopRun', { ...request, wait: false }));
    },
  };
}

/** Whatever an agent does to a run is written down, whether it worked or not. */
export function auditedSteering(steering: Steering, log: AuditLog): Steering {
  async function audited<Result>(what: { runId: string; by: string; command: string }, act: () => Promise<Result>): Promise<Result> {
    const { runId: run, by, command } = what;
    const write = (outcome: string): void => log.record({ via: 'mcp', by, action: 'steer', run, command, outcome });
    try {
      const result = await act();
      write('done');
      return result;
    } catch (error) {
      write(XTrackError.from(error, 'XT_INTERNAL').code);
      throw error;
    }
  }
  return {
    sendCommand: (request) => audited({ ...request, command: request.type }, () => steering.sendCommand(request)),
    stopRun: (request) => audited({ ...request, command: 'stop' }, () => steering.stopRun(request)),
  };
}
