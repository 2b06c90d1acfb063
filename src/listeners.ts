// The servers of a control plane: closed with it, and their connections dropped when a commit fails.

/** What listens for somebody. */
export interface Listening {
  /** Where workers reach it, as `welcome.redirect` names it; left out: it is not for workers. */
  readonly addresses?: readonly string[];
  /** Ends every connection, where emitters hold them: they connect again. */
  dropAll?(): void;
  close(): Promise<void>;
}

export class Listeners {
  private readonly servers = new Set<Listening>();
  private readonly onChange: (addresses: readonly string[]) => void;
  private closing = false;

  /** `onChange`: told where workers reach the control plane from now on. */
  constructor(onChange: (addresses: readonly string[]) => void) {
    this.onChange = onChange;
  }

  /** The same server, which is remembered until it is closed. */
  add<S extends Listening>(server: S): S {
    this.servers.add(server);
    this.changed(server);
    const close = server.close.bind(server);
    return Object.assign(server, {
      close: async (): Promise<void> => {
        this.servers.delete(server);
        this.changed(server);
        await close();
      },
    });
  }

  dropAll(): void {
    for (const server of this.servers) server.dropAll?.();
  }

  async close(): Promise<void> {
    this.closing = true;
    await Promise.all([...this.servers].map((server) => server.close()));
  }

  private changed({ addresses }: Listening): void {
    if (addresses !== undefined && !this.closing)
      this.onChange([...new Set([...this.servers].flatMap((server) => server.addresses ?? []))]);
  }
}
