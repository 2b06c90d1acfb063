// Who calls, and what they may do: everything that a key, a session or an application's own sign-in comes down to.

/** What a caller must be allowed to do. `none`: anybody who reaches the server (health, the page itself). */
export type Scope = 'none' | 'view' | 'write' | 'admin';

/** One permission. */
export interface Grant {
  readonly scope: Exclude<Scope, 'none'>;
  /** The experiment that it is for; null: all of them, and the server itself. */
  readonly experiment: string | null;
}

export interface Principal {
  /** Shown as the author of commands and changes: a key's name, a user's name, `anonymous`. */
  readonly name: string;
  readonly grants: readonly Grant[];
}

/** Nobody: sees public runs alone. */
export const ANONYMOUS: Principal = { name: 'anonymous', grants: [] };

const RANK = { none: 0, view: 1, write: 2, admin: 3 } as const satisfies Record<Scope, number>;

/** True where the caller holds `scope` for the experiment (null: a run of no experiment, or the server). */
export function allows(principal: Principal, scope: Scope, experiment: string | null): boolean {
  return (
    scope === 'none' ||
    principal.grants.some(
      (grant) =>
        RANK[grant.scope] >= RANK[scope] && (grant.experiment === null || (experiment !== null && grant.experiment === experiment)),
    )
  );
}

/** The experiments that the caller may see; null: all. */
export function visibleExperiments(principal: Principal): readonly string[] | null {
  if (principal.grants.some(({ experiment }) => experiment === null)) return null;
  return [...new Set(principal.grants.flatMap(({ experiment }) => experiment ?? []))];
}
