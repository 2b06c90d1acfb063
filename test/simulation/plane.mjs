// A control plane of the simulation: the real hub, journal, sessions, listener and sweeper, wired as in src/xtrack.ts.

import { code } from './code.mjs';
import { SimServer } from './net.mjs';

export const SOCKET = '/sim/xtrack.sock';
export const SPOOLS = '/sim/spool';
/** As in src/xtrack.ts (ms). */
const CARE_MS = 5_000;

export class Plane {
  constructor(place, network, disk, name) {
    this.world = place;
    this.network = network;
    this.disk = disk;
    this.name = name;
    this.domain = place.spawn(name);
    this.failures = 0;
    this.closing = false;
    this.caring = Promise.resolve();
    place.as(this.domain, () => this.#start());
  }

  get alive() {
    return this.domain.alive && !this.closing;
  }

  #start() {
    this.store = this.disk.open();
    this.hub = new code.Hub({ store: this.store, onCommitFailure: (error) => this.#failed(error) });
    this.server = new SimServer(this.network, this.domain);
    this.listener = new code.Listener(this.server, this.hub, 'unix', { allowV1: false });
    this.sweeper = new code.SpoolSweeper(this.hub, SPOOLS);
    void this.#care().catch(() => undefined);
    this.timer = setInterval(() => {
      this.caring = this.caring.then(() => this.#care()).catch(() => undefined);
    }, CARE_MS);
  }

  #failed(error) {
    this.failures += 1;
    this.world.note('failed', `${this.name}: ${error?.message}`);
    this.listener.dropAll();
  }

  async #care() {
    if (this.closing) return;
    if (this.server.addresses.length === 0) this.server.bind(SOCKET);
    await this.hub.adopt();
    await this.sweeper.sweepOrphans();
  }

  kill() {
    this.world.note('kill', this.name);
    this.world.kill(this.domain);
  }

  /** As `XTrack.close`. */
  async close() {
    this.world.note('close', this.name);
    this.closing = true;
    await this.world.as(this.domain, async () => {
      clearInterval(this.timer);
      await this.caring;
      await this.hub.journal.flush().catch(() => undefined);
      await this.listener.close();
      await this.hub.close().catch(() => undefined);
    });
    this.world.kill(this.domain);
  }
}
