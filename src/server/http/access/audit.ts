// Which requests the audit log keeps: all that change something and are no training's own events.

import type { FastifyRequest } from 'fastify';
import { toXTrackError } from '../answers/errors.js';
import type { Route } from '../route.js';
import type { Services } from '../services.js';
import { callerOf } from './caller.js';

/** True where what the route does is written down: it writes, or says by itself what is to be kept of it. */
export function isAudited({ method, access, takes, audit }: Route): boolean {
  if (audit !== undefined) return true;
  return method !== 'GET' && (access.scope === 'write' || access.scope === 'admin') && takes === undefined;
}

/** Handles the request, and writes down what came of it. */
export async function audited(one: Route, request: FastifyRequest, services: Services, handle: () => unknown): Promise<unknown> {
  if (!isAudited(one)) return await handle();
  const write = (outcome: string, result?: unknown): void => {
    const { principal, keyId, by } = callerOf(request);
    const { runId, checkpointId, id } = request.params as Readonly<Record<string, string>>;
    const where = { ...(keyId !== undefined && { key: keyId }), signedInBy: by, address: request.ip };
    const what = { ...(runId !== undefined && { run: runId }), ...(checkpointId !== undefined && { checkpoint: checkpointId }), id };
    const details = one.audit?.(request.body as never, result);
    services.audit.record({ via: 'http', by: principal.name, ...where, action: `${one.method} ${one.path}`, ...what, ...details, outcome });
  };
  try {
    const result = await handle();
    write('done', result);
    return result;
  } catch (error) {
    write(toXTrackError(error).code);
    throw error;
  }
}
