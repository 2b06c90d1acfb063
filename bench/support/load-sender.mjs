// Many emitters in one process: every connection speaks for several runs, in small batches at an even pace, and notes how long acks take.

import { connect } from 'node:net';
import { CollectorMessageDecoder, encodeEvent } from '../../dist/protocol/index.js';

const { port, runs, connections, rate, seconds } = JSON.parse(process.argv[2] ?? '{}');
/** Events in one write. */
const BATCH = 10;
/** ms that the last acks may take. */
const PATIENCE_MS = 60_000;
/** Bins of the histogram of ack latencies (ms) and how many. */
const BIN_MS = 0.1;
const histogram = new Uint32Array(600_000);
const micros = () => Math.round((performance.timeOrigin + performance.now()) * 1000);

/** The runs of one connection. */
class Emitter {
  constructor(runIds) {
    this.lanes = runIds.map((runId) => ({ runId, seq: 0, acked: 0, sent: [], ended: false }));
    this.byRun = new Map(this.lanes.map((lane) => [lane.runId, lane]));
    this.turn = 0;
  }

  open() {
    return new Promise((resolve, reject) => {
      let welcomes = 0;
      const socket = connect({ port, host: '127.0.0.1' });
      this.socket = socket;
      socket.setNoDelay(true);
      const decoder = new CollectorMessageDecoder((message) => {
        if (message.type === 'welcome') {
          welcomes += 1;
          if (welcomes === this.lanes.length) resolve();
        } else if (message.type === 'ack') this.acknowledged(message);
      }, reject);
      socket.on('data', (chunk) => decoder.push(chunk));
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('the server closed a connection')));
      for (const { runId } of this.lanes) socket.write(encodeEvent({ type: 'hello', ...identity(runId), capabilities: ['ack'] }));
    });
  }

  /** The events of one write, run after run. */
  send() {
    const now = performance.now();
    const frames = [];
    const touched = new Set();
    for (let index = 0; index < BATCH; index += 1) {
      const lane = this.lanes[this.turn++ % this.lanes.length];
      touched.add(lane);
      frames.push(this.next(lane));
    }
    for (const lane of touched) lane.sent.push({ seq: lane.seq, at: now });
    this.socket.write(Buffer.concat(frames));
  }

  next(lane) {
    lane.seq += 1;
    const common = { ...identity(lane.runId), seq: lane.seq, ts: micros() };
    if (lane.seq === 1) return encodeEvent({ type: 'run_start', ...common, name: lane.runId });
    return encodeEvent({ type: 'metric', ...common, key: 'train/loss', value: 1 / lane.seq, step: lane.seq });
  }

  end() {
    const ends = this.lanes.map((lane) => {
      lane.seq += 1;
      return encodeEvent({ type: 'run_end', ...identity(lane.runId), seq: lane.seq, ts: micros(), status: 'completed' });
    });
    this.socket.write(Buffer.concat(ends));
  }

  acknowledged({ status, error, runId, seq }) {
    if (status !== 'ok') throw new Error(`refused: ${error}`);
    const lane = this.byRun.get(runId);
    lane.acked = Math.max(lane.acked, seq);
    const now = performance.now();
    while (lane.sent.length > 0 && lane.sent[0].seq <= seq) {
      const bin = Math.min(histogram.length - 1, Math.floor((now - lane.sent.shift().at) / BIN_MS));
      histogram[bin] += 1;
    }
  }

  get isDone() {
    return this.lanes.every(({ seq, acked }) => acked >= seq);
  }
}

function identity(runId) {
  return { runId, worker: '', incarnation: 'bench001-00000001' };
}

function quantile(q) {
  const total = histogram.reduce((sum, count) => sum + count, 0);
  let passed = 0;
  for (let bin = 0; bin < histogram.length; bin += 1) {
    passed += histogram[bin];
    if (passed >= total * q) return (bin + 1) * BIN_MS;
  }
  return Number.NaN;
}

/** Writes what is due, connection after connection, until the time is over. */
function paced(emitters) {
  return new Promise((resolve) => {
    const started = performance.now();
    let sent = 0;
    const timer = setInterval(() => {
      const elapsed = Math.min((performance.now() - started) / 1000, seconds);
      for (; sent + BATCH <= elapsed * rate; sent += BATCH) emitters[(sent / BATCH) % emitters.length].send();
      if (elapsed < seconds) return;
      clearInterval(timer);
      resolve((performance.now() - started) / 1000);
    }, 5);
  });
}

async function allAcked(emitters) {
  const until = performance.now() + PATIENCE_MS;
  while (!emitters.every((emitter) => emitter.isDone) && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
}

const emitters = Array.from({ length: connections }, (_, index) => {
  const own = [];
  for (let run = index; run < runs; run += connections) own.push(`load-${run}`);
  return new Emitter(own);
});
await Promise.all(emitters.map((emitter) => emitter.open()));
const elapsed = await paced(emitters);
for (const emitter of emitters) emitter.end();
await allAcked(emitters);
const lanes = emitters.flatMap((emitter) => emitter.lanes);
process.send({
  elapsed,
  sent: Object.fromEntries(lanes.map(({ runId, seq }) => [runId, seq])),
  acked: lanes.reduce((sum, lane) => sum + lane.acked, 0),
  p50: quantile(0.5),
  p99: quantile(0.99),
  most: quantile(1),
});
process.disconnect();
for (const { socket } of emitters) socket.destroy();
