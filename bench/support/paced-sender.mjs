// Sends metric events at an even pace, each stamped with the moment it is written to the socket.

import { connect } from 'node:net';
import { CollectorMessageDecoder, encodeEvent } from '../../dist/protocol/index.js';

const { port, rate, seconds } = JSON.parse(process.argv[2] ?? '{}');
const identity = { runId: 'paced', worker: '', incarnation: 'bench001-00000001' };
const micros = () => Math.round((performance.timeOrigin + performance.now()) * 1000);
const socket = connect({ port, host: '127.0.0.1' });
const decoder = new CollectorMessageDecoder(
  (message) => message.type === 'welcome' && begin(),
  (error) => {
    throw error;
  },
);
socket.setNoDelay(true);
socket.on('data', (chunk) => decoder.push(chunk));
socket.write(encodeEvent({ type: 'hello', ...identity, capabilities: ['ack'] }));

function begin() {
  const started = performance.now();
  let seq = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - started) / 1000) * rate);
    const frames = [];
    while (seq < due) {
      seq += 1;
      frames.push(encodeEvent({ type: 'metric', ...identity, seq, ts: micros(), key: 'loss', value: Math.random(), step: seq }));
    }
    if (frames.length > 0) socket.write(Buffer.concat(frames));
    if (performance.now() - started > seconds * 1000) {
      clearInterval(timer);
      setTimeout(() => socket.end(() => process.exit(0)), 500);
    }
  }, 1);
}
