// What must happen without anybody asking: a socket for local workers, orphaned runs and spools taken over, the ballast kept.

import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Hub } from './runtime/hub.js';
import { processStartTime } from './runtime/process/process-identity.js';
import type { RunManager } from './runtime/process/run-manager.js';
import { Ballast } from './storage/ballast.js';
import { isAnswered } from './transports/listen/socket-file.js';
import type { UnixServer } from './transports/listen/unix.js';
import type { SpoolSweeper } from './transports/recorded/spool.js';

/** How often orphaned runs and spools are looked for (ms). */
const CARE_MS = 5_000;
/** How often it is seen to that workers of this machine are heard (ms): emitters try again about as often. */
const LISTEN_MS = 500;
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
  /** Opens a socket for workers. */
  readonly listen: (path: string) => Promise<UnixServer>;
}

/** `file`: which file it is, so that another one at its path is told from it. */
interface LocalSocket {
  readonly server: UnixServer;
  readonly file: string | undefined;
}

export class StandingCare {
  readonly #options: StandingCareOptions;
  readonly #ballast: Ballast;
  #socket: LocalSocket | undefined;
  /** A socket of its own, for as long as another control plane holds the one that workers find. */
  #own: LocalSocket | undefined;
  readonly #timers: NodeJS.Timeout[] = [];
  #listening: Promise<void> = Promise.resolve();
  #isListening = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: StandingCareOptions) {
    this.#options = options;
    this.#ballast = new Ballast(options.directory);
  }

  /** The socket that workers on this machine find by themselves; undefined where another control plane holds it. */
  get socket(): UnixServer | undefined {
    return this.#socket?.server;
  }

  /** Resolves after the first round, or when it takes too long. What fails in it is told, and tried again with the next. */
  async begin(): Promise<void> {
    removeDead(this.#options.directory);
    this.#seeToSocket();
    await this.#listening;
    this.#round(FIRST_BALLAST);
    this.#timers.push(setInterval(() => this.#round(this.#options.ballastBytes), CARE_MS).unref());
    this.#timers.push(setInterval(() => this.#seeToSocket(), LISTEN_MS).unref());
    await Promise.race([this.#running, delay(FIRST_CARE_MS, undefined, { ref: false })]);
  }

  /** No further round. */
  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  /** Resolves when no round is under way. */
  async idle(): Promise<void> {
    await this.#listening;
    await this.#running;
  }

  #seeToSocket(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    this.#listening = this.#listen().finally(() => {
      this.#isListening = false;
    });
  }

  /** Takes the socket that workers find as soon as nobody else holds it, and again where its file was removed or replaced. */
  async #listen(): Promise<void> {
    const { directory } = this.#options;
    this.#socket = await this.#kept(this.#socket, join(directory, 'xtrack.sock'));
    // Other control planes send the workers of its runs there, and so do the trainings that it starts.
    if (this.#socket === undefined) this.#own = await this.#kept(this.#own, join(directory, `xtrack.${process.pid}.sock`));
  }

  async #kept(socket: LocalSocket | undefined, path: string): Promise<LocalSocket | undefined> {
    // Closing it would remove the file that is there now: who came over the old one stays.
    if (socket !== undefined && socket.file === fileAt(path)) return socket;
    const server = (await isAnswered(path)) ? undefined : await this.#options.listen(path).catch(() => undefined);
    return server && { server, file: fileAt(path) };
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
    const { hub, manager, spools, ballastBytes } = this.#options;
    if (!hub.journal.stuck) await this.#ballast.make(Math.min(ballast, ballastBytes));
    await hub.adopt();
    for (const collector of hub.live()) manager.adopt(collector);
    await spools?.sweepOrphans();
  }
}

/** Sockets of their own of control planes that were killed. */
function removeDead(directory: string): void {
  for (const name of existsSync(directory) ? readdirSync(directory) : []) {
    const pid = /^xtrack\.(\d+)\.sock$/.exec(name)?.[1];
    if (pid !== undefined && processStartTime(Number(pid)) === undefined) rmSync(join(directory, name), { force: true });
  }
}

function fileAt(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found && `${found.dev} ${found.ino} ${found.birthtimeMs}`;
}
