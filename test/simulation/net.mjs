// The network: streams that delay, split and merge at any byte, stall, swallow and break. The sockets look like those of node:net
// as far as emitters and listeners use them. A chunk's memory is overwritten once its receiver returns.

import { EventEmitter } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import { here, world } from './world.mjs';

const POISON = 0xdb;
/** Unread bytes that a congested peer's kernel claims to hold. */
const CONGESTED = 1024 * 1024;
/** How often what is left behind a closed end looks whether it is read now (ms). */
const LOOK_AGAIN = 100;
/** How long a listener's kernel asks in vain whether the peer is still there (ms). */
const KEEP_ALIVE = 100_000;

/** One direction of a connection. */
class Pipe {
  chunks = [];
  bytes = 0;
  waiting = [];
  armed = false;
  ended = false;
  swallows = false;
  stalledUntil = 0;
  held = false;

  constructor(link, from, to) {
    this.link = link;
    this.from = from;
    this.to = to;
  }

  write(bytes, done) {
    this.link.network.wrote(this, bytes);
    if (this.swallows) {
      // A kernel takes the bytes, and says so in a turn of its own.
      if (done !== undefined) this.link.world.at(0, this.from.owner, done);
      return;
    }
    this.chunks.push(Buffer.from(bytes));
    this.bytes += bytes.length;
    if (done !== undefined) this.waiting.push(done);
    this.arm();
  }

  end() {
    this.ended = true;
    this.arm();
  }

  arm() {
    const { world: place, network } = this.link;
    if (this.armed || this.to.destroyed || (this.bytes === 0 && !this.ended) || this.held || this.to.paused) return;
    this.armed = true;
    const wait = Math.max(network.latency(), this.stalledUntil - place.time);
    place.at(wait, place.outside, () => this.deliver());
  }

  /** Some of what is there, as one chunk. */
  deliver() {
    this.armed = false;
    const { world: place, network } = this.link;
    if (this.to.destroyed || this.held || this.to.paused || this.swallows) return;
    if (this.stalledUntil > place.time) return void this.arm();
    if (this.bytes > 0) this.hand(network.piece(this.bytes));
    if (this.bytes === 0) this.settle();
    this.arm();
  }

  hand(count) {
    const all = this.chunks.length === 1 ? this.chunks[0] : Buffer.concat(this.chunks);
    const chunk = Buffer.from(all.subarray(0, count));
    this.chunks = count < all.length ? [all.subarray(count)] : [];
    this.bytes -= count;
    this.link.world.as(this.to.owner, () => this.to.emit('data', chunk));
    chunk.fill(POISON);
  }

  settle() {
    const waiting = this.waiting;
    this.waiting = [];
    if (!this.from.destroyed && this.from.owner.alive) {
      this.link.world.as(this.from.owner, () => {
        for (const done of waiting) done();
        if (this.from.listenerCount('drain') > 0) this.from.emit('drain');
      });
    }
    if (!this.ended || this.to.destroyed) return;
    this.ended = false;
    this.link.world.as(this.to.owner, () => {
      this.to.emit('end');
      if (this.to.server) this.to.close();
    });
  }
}

/** One end. */
class SimSocket extends EventEmitter {
  destroyed = false;
  paused = false;
  connecting = false;
  ending = false;
  remoteAddress = '127.0.0.1';
  remotePort = 1;

  constructor(owner, server) {
    super();
    this.owner = owner;
    this.server = server;
    this.out = undefined;
  }

  get writable() {
    return !this.destroyed && !this.ending;
  }
  get readyState() {
    return this.destroyed ? 'closed' : 'open';
  }
  get writableLength() {
    if (this.out === undefined || this.out.bytes === 0) return 0;
    return this.out.held ? CONGESTED : this.out.bytes;
  }
  get writableNeedDrain() {
    return this.writableLength > 0;
  }
  get bufferSize() {
    return this.writableLength;
  }

  write(bytes, encoding, done) {
    const finish = typeof encoding === 'function' ? encoding : done;
    if (!this.destroyed) this.out?.write(bytes, finish);
    return this.writableLength < 16_384;
  }

  end(bytes, encoding, done) {
    const finish = [bytes, encoding, done].find((each) => typeof each === 'function');
    if (bytes !== undefined && typeof bytes !== 'function') this.write(bytes);
    if (this.ending || this.destroyed) return this;
    this.ending = true;
    if (finish !== undefined) this.once('finish', finish);
    const flushed = () => {
      if (!this.destroyed) this.emit('finish');
    };
    if (this.out === undefined || this.out.bytes === 0) world().at(0, this.owner, flushed);
    else this.out.waiting.push(flushed);
    this.out?.end();
    return this;
  }

  destroy(error) {
    this.close(error);
    return this;
  }

  destroySoon() {
    this.end(() => this.destroy());
  }

  /** This end is gone; the other hears of it, unless the network swallows that. */
  close(error) {
    if (this.destroyed) return;
    this.destroyed = true;
    const place = world();
    if (this.owner.alive) {
      place.at(0, this.owner, () => {
        if (error !== undefined) this.emit('error', error);
        this.emit('close', error !== undefined);
      });
    }
    this.link?.closed(this);
  }

  pause() {
    this.paused = true;
    return this;
  }
  resume() {
    if (!this.paused) return this;
    this.paused = false;
    this.in?.arm();
    return this;
  }
  isPaused() {
    return this.paused;
  }
  ref() {
    return this;
  }
  unref() {
    return this;
  }
  setKeepAlive() {
    return this;
  }
  setNoDelay() {
    return this;
  }
  setTimeout() {
    return this;
  }
  cork() {}
  uncork() {}
}

/** Both ends of one connection and what lies between. */
class Link {
  constructor(network, client, server) {
    this.world = network.world;
    this.network = network;
    this.client = client;
    this.server = server;
    this.up = new Pipe(this, client, server);
    this.down = new Pipe(this, server, client);
    client.out = this.up;
    client.in = this.down;
    server.out = this.down;
    server.in = this.up;
    client.link = this;
    server.link = this;
  }

  get open() {
    return !this.client.destroyed && !this.server.destroyed;
  }

  /** One end closed: what it wrote still arrives, or some of it. */
  closed(end) {
    this.network.links.delete(this);
    const pipe = end.out;
    const other = pipe.to;
    if (other.destroyed || pipe.swallows) return;
    if (pipe.bytes > 0 && this.network.loses()) pipe.chunks = [Buffer.concat(pipe.chunks).subarray(0, this.network.piece(pipe.bytes))];
    pipe.bytes = pipe.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const finish = () => {
      if (other.destroyed) return;
      if (pipe.bytes > 0 && !other.paused && !pipe.held) pipe.hand(this.network.piece(pipe.bytes));
      // Whoever does not read for now is asked less often.
      const wait = other.paused || pipe.held ? LOOK_AGAIN : 1;
      if (pipe.bytes > 0 && other.owner.alive) this.world.at(wait + this.network.latency(), this.world.outside, finish);
      else this.world.as(other.owner, () => other.close());
    };
    this.world.at(this.network.latency(), this.world.outside, finish);
  }

  /** The connection breaks in the middle of whatever is on it. */
  cut() {
    const reset = () => Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    for (const end of [this.client, this.server]) this.world.as(end.owner, () => end.close(reset()));
  }

  /** From now on bytes go nowhere, and nobody is told. */
  swallow(direction) {
    for (const pipe of direction === 'both' ? [this.up, this.down] : [this[direction]]) {
      pipe.swallows = true;
      pipe.chunks = [];
      pipe.bytes = 0;
      pipe.settle();
    }
    // A listener's keep-alive finds out in the end; the client is told by nobody.
    if (direction === 'both')
      this.world.at(KEEP_ALIVE, this.world.outside, () => this.world.as(this.server.owner, () => this.server.close()));
  }

  stall(direction, ms) {
    this[direction].stalledUntil = this.world.time + ms;
  }

  /** The client's kernel holds what the server wrote: the peer does not read. */
  hold(held) {
    this.down.held = held;
    if (!held) this.down.arm();
  }
}

/** Everything that is connected. */
export class Network {
  links = new Set();
  listening = new Map();
  /** Called with what an end writes. */
  wrote = () => undefined;
  /** ms. */
  slow = 0;
  splits = 0;
  refuses = false;

  constructor(place) {
    this.world = place;
  }

  latency() {
    const { noise } = this.world;
    return this.slow > 0 && noise.chance(0.5) ? noise.int(0, this.slow) : noise.float() * 2;
  }

  /** How many of the bytes that are there come as one chunk. */
  piece(available) {
    const { noise } = this.world;
    return available > 1 && noise.chance(this.splits) ? noise.int(1, available) : available;
  }

  loses() {
    return this.world.noise.chance(0.5);
  }

  listen(address, server) {
    if (this.listening.has(address)) return false;
    this.listening.set(address, server);
    return true;
  }

  unlisten(address, server) {
    if (this.listening.get(address) === server) this.listening.delete(address);
  }

  connect(address) {
    const client = new SimSocket(here(), false);
    client.connecting = true;
    this.world.at(this.latency(), this.world.outside, () => this.#arrive(address, client));
    const owner = client.owner;
    owner.onKill.push(() => client.close());
    return client;
  }

  #arrive(address, client) {
    if (client.destroyed || !client.owner.alive) return;
    const server = this.listening.get(address);
    if (server === undefined || this.refuses) {
      const refused = Object.assign(new Error(`connect ECONNREFUSED ${address}`), { code: 'ECONNREFUSED' });
      this.world.as(client.owner, () => client.close(refused));
      return;
    }
    const socket = new SimSocket(server.owner, true);
    this.links.add(new Link(this, client, socket));
    server.owner.onKill.push(() => socket.close());
    client.connecting = false;
    this.world.as(server.owner, () => server.emit('connection', socket));
    this.world.as(client.owner, () => client.emit('connect'));
  }
}

/** What a listener listens on. */
export class SimServer extends EventEmitter {
  maxConnections = 0;

  constructor(network, owner) {
    super();
    this.network = network;
    this.owner = owner;
    this.addresses = [];
  }

  bind(address) {
    if (!this.network.listen(address, this)) return false;
    this.addresses.push(address);
    this.owner.onKill.push(() => this.network.unlisten(address, this));
    return true;
  }

  close(done) {
    for (const address of this.addresses) this.network.unlisten(address, this);
    if (done !== undefined) this.network.world.at(0, this.owner, done);
    return this;
  }
}

/** Connections of simulated processes go through `networkOf(world)`. */
export function installNetwork(networkOf) {
  const connect = net.connect;
  const ours = (options, ...rest) => {
    const place = world();
    if (place === undefined) return connect(options, ...rest);
    return networkOf(place).connect(options.path ?? `${options.host}:${options.port}`);
  };
  net.connect = ours;
  net.createConnection = ours;
  syncBuiltinESMExports();
}
