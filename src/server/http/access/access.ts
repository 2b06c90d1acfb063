// Whether a caller may do what a route does. The one place where it is decided.

import { XTrackError } from '../../../protocol/errors.js';
import { isPublic, type Run } from '../../../query/run.js';
import type { ControlPlane } from '../control-plane.js';
import type { Access } from '../route.js';
import type { Caller } from './caller.js';
import { allows, type Grant, type Principal, type Scope } from './principal.js';

/** Returns the run that the access is of, where it is of one. Errors: XT_UNAUTHENTICATED, XT_FORBIDDEN, XT_RUN_NOT_FOUND. */
export async function admit(access: Access, caller: Caller, xtrack: ControlPlane, runId: string | undefined): Promise<Run | undefined> {
  const { principal } = caller;
  if (access.of === 'run') return await admitToRun(access.scope, caller, xtrack, runId ?? '');
  if (access.scope === 'none') return undefined;
  const allowed = access.of === 'server' ? allows(principal, access.scope, null) : holds(principal, access.scope);
  if (!allowed) throw refusal(caller, access.scope);
  return undefined;
}

/** Whoever may not see a run is not told that it is there: the answer is that of one that is not. */
async function admitToRun(scope: Scope, caller: Caller, xtrack: ControlPlane, runId: string): Promise<Run> {
  const run = await xtrack.getRun(runId).catch((error: XTrackError) => error);
  const hidden = new XTrackError('XT_RUN_NOT_FOUND', { detail: `no run '${runId}', or the key does not show it`, field: 'runId' });
  if (run instanceof XTrackError) {
    if (run.code !== 'XT_RUN_NOT_FOUND' || allows(caller.principal, 'view', null)) throw run;
    throw caller.by === 'nothing' ? refusal(caller, scope) : hidden;
  }
  if (allows(caller.principal, scope, run.experimentId)) return run;
  const visible = isPublic(run) || caller.shown === runId || allows(caller.principal, 'view', run.experimentId);
  if (visible && (scope === 'view' || scope === 'none')) return run;
  if (visible || caller.by === 'nothing') throw refusal(caller, scope);
  throw hidden;
}

function refusal(caller: Caller, scope: Scope): XTrackError {
  if (caller.by === 'nothing') return new XTrackError('XT_UNAUTHENTICATED');
  return new XTrackError('XT_FORBIDDEN', { detail: `it needs the scope '${scope}'` });
}

/** True where the caller holds the scope for anything at all. */
function holds(principal: Principal, scope: Scope): boolean {
  return principal.grants.some(({ experiment }: Grant) => allows(principal, scope, experiment));
}
