// Steers runs through whichever process of the data directory holds them: an agent's own process holds none.

import { askOwner } from '../server/control/forward.js';
import type { ControlParams } from '../server/control/wire.js';
import type { Steering, SteeringRecord } from './desk.js';

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
