// What the key that is signed in may do with a run.

import { type KeyGrant, mayWrite } from '../../steer/availability';

export interface RunRights {
  readonly canWrite: boolean;
  readonly canAdmin: boolean;
}

export function rightsFor(grants: readonly KeyGrant[], experimentId: string | null): RunRights {
  const canAdmin = grants.some(({ scope, experiment }) => scope === 'admin' && (experiment === null || experiment === experimentId));
  return { canWrite: mayWrite(grants, experimentId), canAdmin };
}
