// Sends metric frames over TCP within the window that the collector grants, and measures how fast they are acknowledged.

import { connect } from 'node:net';
import { CollectorMessageDecoder, encodeEvent } from '../../dist/protocol/index.js';

const { port, connections, seconds, rate } = JSON.parse(process.argv[2] ?? '{}');
const BATCH = rate === undefined ? 250 : Math.max(1, Math.round(rate / 200));
const latencies = [];
let events = 0;

/** Frames of one batch whose digits are patched in place: making them anew would cost more than sending them. */
class Template {
  constructor(identity, digits) {
    this.digits = digits;
    const zeros = '0'.repeat(digits);
    const parts = [];
    this.places = [];
    let at = 0;
    for (let index = 0; index < BATCH; index += 1) {
      const value = 1 / (index + 2) + Math.random() * 0.1;
      const head = `{"v":1,"t":"metric","m":{"seq":`;
      const middle = `,"ts":${Date.now() * 1000 + index},"inc":"${identity.incarnation}"},"p":{"run_id":"${identity.runId}","key":"train/loss","value":${value},"step":`;
      const json = `${head}${zeros}${middle}${zeros}}}`;
      const frame = Buffer.allocUnsafe(4 + json.length);
      frame.writeUInt32BE(json.length, 0);
      frame.latin1Write(json, 4);
      parts.push(frame);
      this.places.push(at + 4 + head.length, at + 4 + head.length + digits + middle.length);
      at += frame.length;
    }
    this.bytes = Buffer.concat(parts);
  }

  /** The batch that begins at `from`; a copy, since the socket may still hold the last one. */
  fill(from) {
    const bytes = Buffer.from(this.bytes);
    for (let index = 0; index < BATCH; index += 1) {
      for (const place of [this.places[index * 2], this.places[index * 2 + 1]]) {
        let rest = from + index;
        for (let digit = this.digits - 1; digit >= 0; digit -= 1) {
          bytes[place + digit] = 48 + (rest % 10);
          rest = Math.floor(rest / 10);
        }
      }
    }
    return bytes;
  }
}

/** Frames from..from+BATCH-1; a batch that crosses a power of ten is made of two templates' worth of single frames. */
function frames(state, identity, from) {
  const digits = String(from).length;
  if (String(from + BATCH - 1).length === digits) {
    if (state.template?.digits !== digits) state.template = new Template(identity, digits);
    return state.template.fill(from);
  }
  const parts = [];
  for (let seq = from; seq < from + BATCH; seq += 1) {
    const json = `{"v":1,"t":"metric","m":{"seq":${seq},"ts":${Date.now() * 1000},"inc":"${identity.incarnation}"},"p":{"run_id":"${identity.runId}","key":"train/loss","value":${1 / seq},"step":${seq}}}`;
    const frame = Buffer.allocUnsafe(4 + json.length);
    frame.writeUInt32BE(json.length, 0);
    frame.latin1Write(json, 4);
    parts.push(frame);
  }
  return Buffer.concat(parts);
}

function sender(index, until) {
  return new Promise((resolve, reject) => {
    const identity = { runId: `bench-${index}`, worker: '', incarnation: 'bench001-00000001' };
    const socket = connect({ port, host: '127.0.0.1' });
    let seq = 1;
    let acked = 0;
    let window = { events: 1000, bytes: 1 << 20 };
    let timer;
    const state = { template: undefined };
    const sentAt = new Map();
    const push = () => {
      while (seq - 1 - acked + BATCH <= window.events && performance.now() < until) {
        const ok = socket.write(frames(state, identity, seq));
        seq += BATCH;
        if (rate !== undefined) {
          sentAt.set(seq - 1, performance.now());
          return;
        }
        if (!ok) return;
      }
    };
    const begin = (granted) => {
      window = granted;
      if (rate === undefined) push();
      else timer = setInterval(push, (BATCH / rate) * 1000);
    };
    let finished = false;
    const finish = () => {
      if (finished) return;
      finished = true;
      clearInterval(timer);
      events += acked;
      socket.end();
      resolve();
    };
    const done = () => performance.now() >= until && acked >= seq - 1;
    // The last ack may come just before the end: then no other one looks.
    setTimeout(() => done() && finish(), until - performance.now() + 1);
    const acknowledged = (last) => {
      acked = Math.max(acked, last);
      for (const [sent, at] of sentAt) {
        if (sent > acked) break;
        latencies.push(performance.now() - at);
        sentAt.delete(sent);
      }
      if (done()) finish();
      else if (rate === undefined) push();
    };
    const decoder = new CollectorMessageDecoder((message) => {
      if (message.type === 'welcome') begin(message.window);
      else if (message.type === 'ack' && message.status === 'ok') acknowledged(message.seq);
    }, reject);
    socket.on('data', (chunk) => decoder.push(chunk));
    socket.on('drain', () => rate === undefined && push());
    socket.on('error', reject);
    socket.write(encodeEvent({ type: 'hello', ...identity, capabilities: ['ack'] }));
  });
}

const started = performance.now();
await Promise.all(Array.from({ length: connections }, (_, index) => sender(index, started + seconds * 1000)));
const elapsed = (performance.now() - started) / 1000;
latencies.sort((a, b) => a - b);
const at = (q) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * q))];
process.send({ events, elapsed, p50: at(0.5), p99: at(0.99), least: latencies[0], most: latencies.at(-1) });
process.disconnect();
