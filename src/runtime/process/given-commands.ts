// Command lines whose records have masks, as they were given: kept in memory alone, for as long as the process that started them lives.

/** A program with its arguments. */
export interface GivenCommand {
  readonly command: string;
  readonly args: readonly string[];
}

/** Runs that are remembered, the newest. */
const MOST = 1_000;

export class GivenCommands {
  private readonly byRun = new Map<string, GivenCommand>();

  /** Remembers what was given where something else was recorded. */
  note(runId: string, given: GivenCommand, recorded: GivenCommand): void {
    const words = [given.command, ...given.args];
    if ([recorded.command, ...recorded.args].every((word, at) => word === words[at])) return;
    this.byRun.set(runId, { command: given.command, args: [...given.args] });
    for (const oldest of this.byRun.keys()) {
      if (this.byRun.size <= MOST) break;
      this.byRun.delete(oldest);
    }
  }

  /** Undefined: it was recorded as it was given, or another process started it. */
  of(runId: string): GivenCommand | undefined {
    return this.byRun.get(runId);
  }
}
