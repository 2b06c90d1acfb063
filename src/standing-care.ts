// What must happen without anybody asking: a socket for local workers, orphaned runs and spools taken over, the ballast kept.

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Hub } from './runtime/hub.js';
import type { RunManager } from './runtime/run-manager.js';
import { Ballast } from './storage/ballast.js';
import type { SpoolSweeper } from './transports/spool.js';
import { startUnixServer, type UnixServer } from './transports/unix.js';

/** How often orphaned runs and spools are looked for (ms). */
const CARE_MS = 5_000;
/** A start waits so long (ms) for the first round: on a full disk it does not end before there is room. */
const FIRST_CARE_MS = 3_000;
/** Of the ballast, what is made at once (bytes); the rest follows with the next round. */
const FIRST_BALLAST = 1024 * 1024;

export interface StandingCareOptions {
  readonly hub: Hub;
  readonly manager: RunManager;
  readonly spools: SpoolSweeper | undefined;
  readonly directory: string;
  /** Bytes; 0: none is kept. */
  readonly ballastBytes: number;
}

export class StandingCare {
  readonly #options: StandingCareOptions;
  readonly #ballast: Ballast;
  #socket: UnixServer | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: StandingCareOptions) {
    this.#options = options;
    this.#ballast = new Ballast(options.directory);
  }

  /** The socket that workers on this machine find by themselves; undefined where another control plane holds it. */
  get socket(): UnixServer | undefined {
    return this.#socket;
  }

  /** Resolves after the first round, or when it takes too long. What fails in it is told, and tried again with the next. */
  async begin(): Promise<void> {
    this.#round(FIRST_BALLAST);
    this.#timer = setInterval(() => this.#round(this.#options.ballastBytes), CARE_MS);
    this.#timer.unref();
    await Promise.race([this.#running, delay(FIRST_CARE_MS, undefined, { ref: false })]);
  }

  /** No further round. */
  stop(): void {
    clearInterval(this.#timer);
  }

  /** Resolves when no round is under way. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** One round at a time: one that waits for the disk is not joined by others. */
  #round(ballast: number): void {
    if (this.#busy) return;
    this.#busy = true;
    this.#running = this.#care(ballast)
      .catch((error: Error) => process.emitWarning(`looking after runs and spools failed: ${error.message}`, 'XTrackWarning'))
      .finally(() => {
        this.#busy = false;
      });
  }
  #busy = false;

  async #care(ballast: number): Promise<void> {
    const { hub, manager, spools, directory, ballastBytes } = this.#options;
    this.#socket ??= await startUnixServer(hub, { path: join(directory, 'xtrack.sock') }).catch(() => undefined);
    if (!hub.journal.stuck) await this.#ballast.make(Math.min(ballast, ballastBytes));
    await hub.adopt();
    for (const collector of hub.live()) manager.adopt(collector);
    await spools?.sweepOrphans();
  }
}
