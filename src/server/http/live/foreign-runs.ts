// Runs that another process on the same data directory holds (a bare `xtrack run` beside the server): nobody tells of them, so that
// the store is looked at while somebody watches, whenever another process has written to it.

import type { Run } from '../../../query/run.js';
import type { CommandRecord } from '../../../storage/store.js';
import type { ControlPlane } from '../control-plane.js';
import type { StreamedItem } from './item.js';

/** Runs whose commands are looked at, the newest. */
const MAX_STEERED = 50;
/** µs by which a new run may be stored later than it says. */
const OVERLAP = 2_000_000;

type Store = Pick<ControlPlane, 'foreignRevision' | 'foreignRuns' | 'getRun' | 'getCommands'>;

/** A run as it was when it was looked at. */
interface Look {
  readonly run: Run;
  readonly row: string;
  readonly events: number;
  readonly commands: readonly CommandRecord[];
}

export class ForeignRuns {
  private readonly store: Store;
  private seen = new Map<string, Look>();
  private since: number;
  private primed = false;
  /** What others had written when it was looked last; null: it cannot be told. */
  private revision: string | null = null;

  constructor(store: Store) {
    this.store = store;
    this.since = Date.now() * 1000;
  }

  /** What changed since the last call; the first one only learns what there is. Errors: XT_STORE_READ. */
  async changes(): Promise<StreamedItem[]> {
    const revision = await this.store.foreignRevision();
    if (revision !== null && revision === this.revision) return [];
    const since = Date.now() * 1000 - OVERLAP;
    const looks = new Map<string, Look>();
    for (const run of await this.store.foreignRuns(this.since)) looks.set(run.runId, await this.look(run, looks.size < MAX_STEERED));
    const gone = await this.gone(looks);
    const items = this.primed ? [...looks.values(), ...gone].flatMap((now) => itemsBetween(this.seen.get(now.run.runId), now)) : [];
    this.since = since;
    this.seen = looks;
    this.revision = revision;
    this.primed = true;
    return items;
  }

  /** Those that ended, and those that this process took over: looked at for the last time. */
  private async gone(looks: ReadonlyMap<string, Look>): Promise<Look[]> {
    const gone: Look[] = [];
    for (const runId of this.seen.keys()) {
      if (looks.has(runId)) continue;
      const run = await this.store.getRun(runId).catch(() => undefined);
      if (run !== undefined) gone.push(await this.look(run, true));
    }
    return gone;
  }

  private async look(run: Run, steered: boolean): Promise<Look> {
    const { status, name, tags, experimentId, deletedAt } = run;
    const events = Object.values(run.counts).reduce((sum, count) => sum + count, 0);
    const commands = steered ? await this.store.getCommands(run.runId) : [];
    return { run, row: JSON.stringify([status, name, tags, experimentId, deletedAt]), events, commands };
  }
}

function itemsBetween(before: Look | undefined, now: Look): StreamedItem[] {
  const { run, row, events, commands } = now;
  const { runId } = run;
  const items: StreamedItem[] = [];
  if (row !== before?.row) items.push({ type: 'run_changed', runId, run });
  if (before !== undefined && events !== before.events) items.push({ type: 'run_touched', runId });
  const known = new Map(before?.commands.map(({ commandId, status }) => [commandId, status]));
  for (const command of commands) {
    if (before !== undefined && known.get(command.commandId) !== command.status) items.push({ type: 'command_changed', runId, command });
  }
  return items;
}
