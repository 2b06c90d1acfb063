// Who has no business here: connections that say anything but a hello that is allowed. None of it may have an effect.

import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

function frame(text) {
  const body = Buffer.from(text);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  return Buffer.concat([head, body]);
}

const event = (type, seq, payload) =>
  frame(JSON.stringify({ v: 1, t: type, m: { seq, ts: Date.now() * 1000, wid: 'w0', inc: 'zzzzzzzz-00000000' }, p: payload }));

/** Each gives bytes; `run` is the id of a run that is under way. */
const SAYINGS = [
  () => Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
  () => Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]),
  () => Buffer.from([0xff, 0xff, 0xff, 0xff, 0x7b]),
  (_run, chance) => Buffer.from(Array.from({ length: chance.spread(1, 5_000) }, () => chance.int(0, 255))),
  () => frame('['.repeat(5_000)),
  () => frame('{"v":1,"t":"hello","m":{"seq":0,"ts":1},"p":{}}'),
  () => frame('{"v":1,"t":"hello"}'),
  (run) => Buffer.concat([1, 2, 3].map((seq) => event('metric', seq, { run_id: run, key: 'forged', value: seq }))),
  (run) => event('heartbeat', 0, { run_id: run, last_seq: 10 ** 9 }),
  (run) => event('metric', 2 ** 53 - 1, { run_id: run, key: 'forged', value: 1 }),
  (run) => event('run_end', 9, { run_id: run, status: 'failed', error: { type: 'Forged', message: 'forged' } }),
  () => frame('{"v":1,"t":"metric","m":{"seq":1,"ts":1},"p":{"run_id":"forged","key":"x","value":1}}'),
  () => Buffer.from([0, 0, 0]),
];

/** A dozen of them, one after the other, at once or slowly. */
export async function sendStrangers(port, runs, chance) {
  for (let number = 0; number < 12; number += 1) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.resume();
    socket.write(chance.pick(SAYINGS)(chance.pick(runs), chance));
    await delay(chance.spread(1, 100));
    if (chance.maybe(0.7)) socket.destroy();
    else socket.setTimeout(3_000, () => socket.destroy());
  }
}
