// Readers of the live stream: some read and measure, some read, some never read anything.

import { get } from 'node:http';

const { url, keys, reading, measuring, stalled } = JSON.parse(process.argv[2] ?? '{}');
const latencies = [];
let events = 0;
const messages = new Map();

function open(index) {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${keys[index % keys.length]}` };
    get(url, { headers, agent: false }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`a client was answered ${response.statusCode}`));
      resolve(response);
    }).on('error', reject);
  });
}

/** Counts items; of the run `paced` it measures how old they are. */
function measure(response) {
  let text = '';
  response.setEncoding('utf8').on('data', (chunk) => {
    const now = performance.timeOrigin + performance.now();
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop();
    for (const block of blocks) read(block, now);
  });
}

function read(block, now) {
  const event = /^event: (.*)$/m.exec(block)?.[1];
  const data = /^data: (.*)$/m.exec(block)?.[1];
  if (data === undefined) return;
  messages.set(event, (messages.get(event) ?? 0) + 1);
  if (event !== 'items') return;
  for (const item of JSON.parse(data)) {
    if (item.type !== 'metric') continue;
    events += 1;
    if (item.runId === 'paced') latencies.push(now - item.ts / 1000);
  }
}

const responses = [];
for (let index = 0; index < reading + measuring + stalled; index += 1) responses.push(await open(index));
for (const [index, response] of responses.entries()) {
  response.on('error', () => undefined);
  if (index < measuring) measure(response);
  else if (index < measuring + reading) response.resume();
}
process.send('ready');
process.once('message', () => {
  latencies.sort((a, b) => a - b);
  const at = (q) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * q))];
  const report = { p50: at(0.5), p95: at(0.95), p99: at(0.99), least: latencies[0], most: latencies.at(-1) };
  process.send({ ...report, events: events / measuring, messages: Object.fromEntries(messages) }, () => process.exit(0));
});
