// A bad network between emitters and control planes: each connection gets one fault by chance, until the network is calm.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What can happen to a connection, by how often. */
export const NETWORK = {
  straight: 4,
  split: 3,
  delay: 2,
  throttle: 2,
  cut: 4,
  reset: 3,
  'half-close': 2,
  swallow: 2,
  silent: 1,
  duplicate: 2,
  corrupt: 3,
};

/** Bytes that are passed on before a fault that ends a connection begins. */
const EARLY = { from: 1, to: 400_000 };

/** One connection: two directions, and a fault on one or both. */
class Link {
  constructor(proxy, client, server, kind, chance) {
    Object.assign(this, { proxy, client, server, kind, chance });
    this.after = chance.spread(EARLY.from, EARLY.to);
    this.down = chance.maybe(0.35);
    this.passed = 0;
    this.triggered = false;
    /** In which directions frames carry checksums by now: from the first on all of them do. */
    this.sums = { up: false, down: false };
    for (const [from, to, down] of [
      [client, server, false],
      [server, client, true],
    ]) {
      from.on('error', () => undefined);
      from.on('close', () => this.drop(from, to));
      void this.pass(from, to, down);
    }
  }

  /** A half-open connection tells nobody that one end is gone. */
  drop(from, to) {
    const halfOpen = this.triggered && (this.kind === 'swallow' || this.kind === 'silent') && from === this.server;
    if (!halfOpen) to.destroy();
    if (to.destroyed) this.proxy.links.delete(this);
  }

  async pass(from, to, down) {
    try {
      for await (const chunk of from) {
        await this.forward(chunk, to, down);
        if (chunk.includes('{"v":1,"c":"')) this.sums[down ? 'down' : 'up'] = true;
      }
      if (!(this.triggered && this.kind === 'swallow')) to.end();
    } catch {
      to.destroy();
    }
  }

  async forward(chunk, to, down) {
    const calm = this.proxy.calm;
    if (this.triggered && (this.kind === 'swallow' || this.kind === 'half-close')) return;
    if (this.kind === 'silent' && down) {
      this.note();
      return;
    }
    if (calm) return await write(to, chunk);
    const slow = SLOW[this.kind];
    if (slow !== undefined) {
      this.note();
      return await slow(this, chunk, to);
    }
    if (this.triggered || down !== this.down) return await write(to, chunk);
    await this.count(chunk, to);
  }

  /** Passes on what comes before the place of the fault, and does it there. */
  async count(chunk, to) {
    const left = this.after - this.passed;
    this.passed += chunk.length;
    if (chunk.length < left || this.kind === 'straight') return await write(to, chunk);
    await write(to, chunk.subarray(0, left));
    const rest = chunk.subarray(left);
    if (this.kind === 'corrupt' && !this.mayCorrupt(rest)) {
      this.after += chunk.length;
      return await write(to, rest);
    }
    this.note();
    await SUDDEN[this.kind](this, rest, to);
  }

  /** Only where every frame carries its checksum: without one a changed digit cannot be seen by anybody. */
  mayCorrupt(rest) {
    return this.sums[this.down ? 'down' : 'up'] && rest.length > 0;
  }

  note() {
    if (this.triggered) return;
    this.triggered = true;
    this.proxy.count(this.kind);
  }
}

const SLOW = {
  split: async (link, chunk, to) => {
    for (let at = 0; at < chunk.length; ) {
      const size = link.chance.spread(1, Math.max(2, chunk.length >> 3));
      await write(to, chunk.subarray(at, at + size));
      at += size;
      await new Promise(setImmediate);
    }
  },
  delay: async (link, chunk, to) => {
    await delay(link.chance.spread(1, 300));
    await write(to, chunk);
  },
  throttle: async (link, chunk, to) => {
    for (let at = 0; at < chunk.length; at += 2_000) {
      await write(to, chunk.subarray(at, at + 2_000));
      if (!link.proxy.calm) await delay(10);
    }
  },
};

const SUDDEN = {
  cut: async (link) => link.client.destroy() && link.server.destroy(),
  reset: async (link) => link.client.resetAndDestroy() && link.server.resetAndDestroy(),
  'half-close': async (_link, rest, to) => to.end(rest),
  swallow: async () => undefined,
  duplicate: async (_link, rest, to) => {
    await write(to, rest);
    await write(to, rest);
  },
  corrupt: async (link, rest, to) => {
    const changed = Buffer.from(rest);
    const at = link.chance.int(0, changed.length - 1);
    changed[at] = changed[at] >= 0x30 && changed[at] < 0x39 ? changed[at] + 1 : changed[at] ^ (1 << link.chance.int(0, 7));
    await write(to, changed);
  },
};

async function write(to, chunk) {
  if (chunk.length === 0 || to.destroyed || !to.writable) return;
  if (to.write(chunk)) return;
  await new Promise((resolve) => {
    const done = () => {
      to.off('drain', done);
      to.off('close', done);
      resolve();
    };
    to.on('drain', done);
    to.on('close', done);
  });
}

export class BadNetwork {
  links = new Set();
  calm = false;
  /** Nobody is let in: the network is cut. */
  closed = false;
  #server;
  #chance;
  #kinds;
  #upstream;
  #onFault;

  /** `upstream()` gives the place of a control plane now, or undefined; `onFault(kind)` is told of each. */
  constructor({ upstream, kinds, chance, onFault }) {
    this.#upstream = upstream;
    this.#kinds = kinds;
    this.#chance = chance;
    this.#onFault = onFault;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#meet(client));
    this.#server.on('error', () => undefined);
  }

  /** Listens on a free port, or on `path`. */
  async open(path) {
    this.#server.listen(path ?? { port: 0, host: '127.0.0.1' });
    await once(this.#server, 'listening');
    return this;
  }

  get port() {
    return this.#server.address().port;
  }

  count(kind) {
    this.#onFault(`net:${kind}`);
  }

  #meet(client) {
    const place = this.closed ? undefined : this.#upstream();
    client.on('error', () => undefined);
    if (place === undefined) {
      client.destroy();
      return;
    }
    const server = connect({ ...place, allowHalfOpen: true });
    const kind = this.calm ? 'straight' : this.#chance.weighted(this.#kinds);
    this.links.add(new Link(this, client, server, kind, this.#chance.fork()));
  }

  /** Cuts every connection that there is. */
  cut() {
    for (const { client, server } of this.links) {
      client.destroy();
      server.destroy();
    }
  }

  async close() {
    this.calm = true;
    this.#server.close();
    this.cut();
  }
}
