// How an agent steers runs: whichever process of the data directory holds them, and with a trace.

import { XTrackError } from '../protocol/errors.js';
import type { CommandRequest, RunsAnywhere } from '../server/control/runs-anywhere.js';
import type { AuditLog } from '../server/http/access/audit-log.js';
import type { CommandRecord } from '../storage/store.js';

/** The verbs that an agent has. */
export interface Steering extends Pick<RunsAnywhere, 'beginStop'> {
  send(runId: string, command: Required<CommandRequest>): Promise<CommandRecord>;
}

/** Whatever an agent does to a run is written down, whether it worked or not. Errors of the verbs: those of RunsAnywhere. */
export function auditedSteering(runs: RunsAnywhere, log: AuditLog): Steering {
  async function audited<Result>(what: { run: string; by: string; command: string }, act: () => Promise<Result>): Promise<Result> {
    const write = (outcome: string): void => log.record({ via: 'mcp', action: 'steer', ...what, outcome });
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
    send: (run, command) => audited({ run, by: command.by, command: command.type }, () => runs.send(run, command)),
    beginStop: (run, options) => audited({ run, by: options.by ?? '', command: 'stop' }, () => runs.beginStop(run, options)),
  };
}
