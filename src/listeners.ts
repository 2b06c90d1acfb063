// The servers of a control plane: closed with it, and their connections dropped when a commit fails.

/** What listens for somebody. */
export interface Listening {
  /** Ends every connection, where emitters hold them: they connect again. */
  dropAll?(): void;
  close(): Promise<void>;
}

export class Listeners {
  private readonly servers = new Set<Listening>();

  /** The same server, which is remembered until it is closed. */
  add<S extends Listening>(server: S): S {
    this.servers.add(server);
    const close = server.close.bind(server);
    return Object.assign(server, {
      close: async (): Promise<void> => {
        this.servers.delete(server);
        await close();
      },
    });
  }

  dropAll(): void {
    for (const server of this.servers) server.dropAll?.();
  }

  async close(): Promise<void> {
    await Promise.all([...this.servers].map((server) => server.close()));
  }
}
