// A classifier trained in plain JavaScript under XTrack: logistic regression by stochastic gradient descent on generated data.
//
//   npx xtrack run -- node examples/js-worker/train.mjs [OUTPUT-FOLDER]
//
// It runs as well by itself: then its events go to the local control plane if there is one, else into a spool file.

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { withRun } from 'xtrack/emitter';

const config = {
  seed: 7,
  epochs: 30,
  batch: 32,
  optimizer: { kind: 'sgd', lr: 0.02, decay: 0.9 },
  data: { features: 12, train: 4000, val: 1000, noise: 0.6 },
};

const folder = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'xtrack-js-worker-'));

/** Uniform numbers in [0, 1) that are the same in every run (mulberry32). */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = randomNumbers(config.seed);
const gaussian = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Points whose label is the side of a hidden plane they lie on, blurred by noise. */
function makePoints(count, plane) {
  return Array.from({ length: count }, () => {
    const x = plane.map(() => gaussian());
    const side = x.reduce((sum, value, index) => sum + value * plane[index], 0) + config.data.noise * gaussian();
    return { x, y: side > 0 ? 1 : 0 };
  });
}

const predict = (model, x) => 1 / (1 + Math.exp(-x.reduce((sum, value, index) => sum + value * model.weights[index], model.bias)));

/** One step on one batch; returns its mean cross-entropy. */
function step(model, points, lr) {
  let loss = 0;
  for (const { x, y } of points) {
    const p = Math.min(1 - 1e-9, Math.max(1e-9, predict(model, x)));
    loss -= y * Math.log(p) + (1 - y) * Math.log(1 - p);
    const slope = (lr * (p - y)) / points.length;
    for (let index = 0; index < x.length; index++) model.weights[index] -= slope * x[index];
    model.bias -= slope;
  }
  return loss / points.length;
}

const accuracy = (model, points) => points.filter(({ x, y }) => predict(model, x) > 0.5 === (y === 1)).length / points.length;

mkdirSync(folder, { recursive: true });
await withRun({ name: 'js-worker', tags: { language: 'javascript' }, params: config }, async (run) => {
  const plane = Array.from({ length: config.data.features }, () => gaussian());
  const train = makePoints(config.data.train, plane);
  const val = makePoints(config.data.val, plane);
  const model = { weights: new Array(config.data.features).fill(0), bias: 0 };
  let lr = config.optimizer.lr;
  let best = 0;
  let count = 0;
  run.onCommand('adjust_lr', (payload) => {
    lr = Number(payload.lr ?? lr);
    return { lr };
  });

  for (let epoch = 1; epoch <= config.epochs && !run.shouldStop; epoch++) {
    run.setStatus('training', { current: epoch, total: config.epochs, unit: 'epoch' });
    for (let first = 0; first < train.length; first += config.batch) {
      const loss = step(model, train.slice(first, first + config.batch), lr);
      count += 1;
      if (count % 10 === 0) run.logMetric('loss', loss, { step: count, epoch, phase: 'train' });
    }
    const score = accuracy(model, val);
    run.logMetrics({ acc: score, lr }, { step: count, epoch, phase: 'val' });
    if (score > best) {
      best = score;
      const path = join(folder, `epoch-${epoch}.json`);
      writeFileSync(path, JSON.stringify(model));
      run.logCheckpoint({ step: count, epoch, path, metrics: { acc: score }, isBest: true, bestKey: 'acc' });
    }
    lr *= config.optimizer.decay;
    // Events go out even while this loop is busy; what comes in, acks and commands, needs a turn now and then.
    await nextTurn();
  }

  writeFileSync(join(folder, 'model.json'), JSON.stringify(model));
  run.logArtifact(join(folder, 'model.json'), { kind: 'model', metadata: { acc: best } });
  run.log(`best validation accuracy ${best}`, { fields: { best } });
});
