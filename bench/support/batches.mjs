// Batches as a collector would commit them: one run, one or many series, with the event log or without.

export const RUN = '0193fa1c-7b1a-7000-8000-1234567890ab';

/** Realistic values: decay with noise whose low bits do not compress; ts with jitter. */
export function makeBatch(from, count, frames, tracks) {
  const points = { length: count, track: new Uint32Array(count) };
  for (const column of ['seq', 'step', 'epoch', 'ts', 'value']) points[column] = new Float64Array(count);
  for (let at = 0; at < count; at++) {
    const seq = from + at + 1;
    points.track[at] = 1 + (seq % tracks);
    points.seq[at] = seq;
    points.step[at] = seq;
    points.epoch[at] = Number.NaN;
    points.ts[at] = 1_703_123_456_789_000 + seq * 350 + Math.floor(Math.random() * 100);
    points.value[at] = Math.exp(-seq / 300_000) + Math.random() * 0.1;
  }
  const blocks = frames === undefined ? [] : [{ runId: RUN, bytes: joined(frames, from, count), events: count, implied: {} }];
  return {
    blocks,
    tracks: from === 0 ? definitions(tracks) : [],
    points,
    runs: [record()],
    marks: [mark(from + count)],
    entries: [],
    commands: [],
    warnings: [],
    deadLetters: [],
  };
}

function joined(frames, from, count) {
  const start = from % frames.length;
  return new Uint8Array(Buffer.concat(frames.slice(start, start + count)));
}

/** Frames of events 1..count as an emitter sends them. */
export function makeFrames(count) {
  return Array.from({ length: count }, (_, at) => {
    const seq = at + 1;
    const ts = 1_703_123_456_789_000 + seq * 350 + Math.floor(Math.random() * 100);
    const value = Math.exp(-seq / 300) + Math.random() * 0.1;
    const body = JSON.stringify({
      v: 1,
      t: 'metric',
      m: { seq, ts, inc: 'm4x1c9-7f3a91c2' },
      p: { run_id: RUN, key: 'loss', value, step: seq },
    });
    const frame = Buffer.alloc(4 + body.length);
    frame.writeUInt32BE(body.length);
    frame.write(body, 4);
    return frame;
  });
}

function definitions(tracks) {
  return Array.from({ length: tracks }, (_, at) => ({
    id: at + 1,
    runId: RUN,
    worker: '',
    incarnation: 'm4x1c9-7f3a91c2',
    key: at === 0 ? 'loss' : `loss/${at}`,
    phase: '',
    aggregation: '',
  }));
}

function mark(contiguous) {
  return {
    runId: RUN,
    worker: '',
    incarnation: 'm4x1c9-7f3a91c2',
    contiguous,
    beyond: [],
    declared: [],
    duplicates: 0,
    startTs: null,
    implied: false,
  };
}

function record() {
  return {
    runId: RUN,
    name: 'bench',
    status: 'running',
    experimentId: null,
    parentRunId: null,
    tags: {},
    source: null,
    environment: null,
    createdAt: 1_703_123_456_789_000,
    startedAt: null,
    endedAt: null,
    message: null,
    progress: null,
    error: null,
    exit: null,
    finalMetrics: null,
    workers: [],
    counts: {},
    captured: { stdout: 0, stderr: 0 },
    process: null,
    owner: null,
  };
}
