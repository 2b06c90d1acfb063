// Brings to the bus what other processes commit to a shared store: their blocks are read from where they were last seen, and decoded.

import { isFinal } from '../protocol/events.js';
import { eventsOf } from '../storage/points/block.js';
import type { CommandRecord, Store, StoreChange } from '../storage/store.js';
import type { Bus, BusItem } from './bus.js';
import { announcedOf } from './bus.js';

/** Runs that are followed at once; the one longest without news is forgotten first, and taken up again with its next commit. */
const MAX_FOLLOWED = 1_000;
/** Events that are published together (a large block has more). */
const PAGE_EVENTS = 1_000;

interface Followed {
  /** Id of the newest block whose events are published; undefined: its events are not known to be new, only its row is. */
  seen: number | undefined;
  /** What was told of its row. */
  told: string | undefined;
  /** Commands were written that are not told yet. */
  steered: boolean;
  /** Status of each command as it was told. */
  readonly commands: Map<string, CommandRecord['status']>;
  reading: boolean;
  /** Something came while it was being read. */
  again: boolean;
}

export class ChangeFeed {
  private readonly store: Store;
  private readonly bus: Bus;
  private readonly followed = new Map<string, Followed>();
  private stop: (() => void) | undefined;

  constructor(store: Store, bus: Bus) {
    this.store = store;
    this.bus = bus;
  }

  /** Listens from now on. Does nothing on a store that hears of no other process. */
  start(): void {
    this.stop ??= this.store.onChange?.((change) => this.take(change));
  }

  close(): void {
    this.stop?.();
    this.followed.clear();
  }

  private take({ runs }: StoreChange): void {
    if (runs === null)
      for (const runId of new Set([...this.followed.keys(), ...this.bus.named])) this.read(runId, this.follow(runId), true);
    for (const { runId, after, steered = false } of runs ?? []) {
      if (this.bus.wants(runId)) this.read(runId, this.follow(runId, after), steered);
      else this.followed.delete(runId);
    }
  }

  private follow(runId: string, after?: number): Followed {
    const known = this.followed.get(runId) ?? newlyFollowed(after);
    known.seen ??= after;
    this.followed.delete(runId);
    this.followed.set(runId, known);
    for (const oldest of this.followed.keys()) {
      if (this.followed.size <= MAX_FOLLOWED) break;
      this.followed.delete(oldest);
    }
    return known;
  }

  private read(runId: string, run: Followed, steered: boolean): void {
    run.again = true;
    run.steered ||= steered;
    if (run.reading) return;
    run.reading = true;
    void this.readAll(runId, run).finally(() => {
      run.reading = false;
    });
  }

  private async readAll(runId: string, run: Followed): Promise<void> {
    while (run.again && this.stop !== undefined) {
      run.again = false;
      try {
        await this.publishBlocks(runId, run);
        await this.publishCommands(runId, run);
        await this.publishRow(runId, run);
      } catch {
        // The store is away: it says so itself when it is back, and reading goes on from the block seen last.
      }
    }
  }

  private async publishBlocks(runId: string, run: Followed): Promise<void> {
    if (run.seen === undefined) return;
    let items: BusItem[] = [];
    for await (const block of this.store.readBlocks(runId, run.seen)) {
      eventsOf(block, (event) => void items.push(event));
      run.seen = block.id;
      if (items.length < PAGE_EVENTS) continue;
      this.bus.publish(runId, items);
      items = [];
    }
    this.bus.publish(runId, items);
  }

  private async publishCommands(runId: string, run: Followed): Promise<void> {
    if (!run.steered) return;
    run.steered = false;
    const commands = await this.store.getCommands(runId);
    // Those that were over before anything was told are history.
    const isNews = ({ commandId, status }: CommandRecord, at: number): boolean =>
      run.commands.size === 0 ? isOpen(status) || at === commands.length - 1 : run.commands.get(commandId) !== status;
    const news = commands.filter(isNews);
    for (const { commandId, status } of commands) run.commands.set(commandId, status);
    this.bus.publish(
      runId,
      news.map((command) => ({ type: 'command_changed', runId, command })),
    );
  }

  private async publishRow(runId: string, run: Followed): Promise<void> {
    const record = await this.store.getRun(runId);
    if (record === undefined) return;
    const row = JSON.stringify(announcedOf(record));
    if (row === run.told) return;
    run.told = row;
    this.bus.publish(runId, [{ type: 'run_changed', runId, record }]);
    if (isFinal(record.status) && !run.again) this.followed.delete(runId);
  }
}

function newlyFollowed(after: number | undefined): Followed {
  return { seen: after, told: undefined, steered: false, commands: new Map(), reading: false, again: false };
}

const isOpen = (status: CommandRecord['status']): boolean => status === 'pending' || status === 'sent';
