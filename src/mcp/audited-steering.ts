// Whatever an agent does to a run is written down, whether it worked or not.

import { XTrackError } from '../protocol/errors.js';
import type { AuditLog } from '../server/http/access/audit-log.js';
import type { Steering } from './desk.js';

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
