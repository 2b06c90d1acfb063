// What the signed-in key may do, as far as a page offers it. The server itself decides.

import { useInfo } from './hooks';

export interface Rights {
  /** Some runs may be changed. */
  readonly write: boolean;
  /** The whole server may be managed. */
  readonly admin: boolean;
}

export function useRights(): Rights {
  const { data: info } = useInfo();
  const grants = info?.principal.grants ?? [];
  return {
    write: grants.some(({ scope }) => scope !== 'view'),
    admin: grants.some(({ scope, experiment }) => scope === 'admin' && experiment === null),
  };
}
