// Sends metric events at an even pace to one run; each value is the time of its sending, in whole ms since `start`, so that a page which
// shows it tells how old it is. Asked for a report, it hands over when each was sent, and ends.

import { connect } from 'node:net';
import { CollectorMessageDecoder, encodeEvent } from '../../dist/protocol/index.js';

const { port, rate, runId, start } = JSON.parse(process.argv[2] ?? '{}');
const identity = { runId, worker: '', incarnation: 'bench001-00000001' };
const now = () => performance.timeOrigin + performance.now();
/** ms since `start`, with fractions. */
const sent = [];
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
  const began = performance.now();
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - began) / 1000) * rate);
    const frames = [];
    while (sent.length < due) {
      const at = now();
      sent.push(at - start);
      const event = { seq: sent.length, ts: Math.round(at * 1000), value: Math.floor(at - start), step: sent.length };
      frames.push(encodeEvent({ type: 'metric', ...identity, key: 'loss', ...event }));
    }
    if (frames.length > 0) socket.write(Buffer.concat(frames));
  }, 1);
  process.once('message', () => {
    clearInterval(timer);
    process.send(sent, () => socket.end(() => process.exit(0)));
  });
}
