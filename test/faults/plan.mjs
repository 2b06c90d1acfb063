// What a round does, from its seed alone: who trains how, what breaks when. Nothing here touches the machine.

import { NETWORK } from './bad-network.mjs';
import { Chance } from './chance.mjs';
import { SPOILT } from './plane.mjs';

/** Faults in time, by how often. Each may happen several times a round. */
const STEPS = {
  'server-kill': 6,
  'server-term': 2,
  'server-stop': 2,
  'server-spoilt': 4,
  'end-kill': 3,
  'other-kill': 3,
  'other-stop': 1,
  'trainer-kill': 5,
  'trainer-term': 2,
  'trainer-stop': 1,
  'network-cut': 2,
  'network-away': 2,
  'disk-full': 3,
  'postgres-crash': 4,
  'postgres-end': 2,
  strangers: 2,
  'run-deleted': 2,
  readers: 2,
};

/** Faults that come in with `--more`, so that plans without it stay what they were. */
const MORE = { 'start-kill': 3, 'full-kill': 3, 'postgres-stop': 2, upkeep: 3 };

/** What a training logs, call after call: metrics, wide batches, logs, params, artifacts, checkpoints, status. */
const KINDS = ['m', 'mmmmmmmmmb', 'mmmmmmmmmmmmmmmmmmmlps', 'mbbl', 'bbbbw', 'mmmlL', 'lLLb', 'mmmmmmmmpcals', 'w', 'mw'];

const ENDS = { end: 6, exit: 2, raise: 1, kill: 2, gone: 1 };

/** `only`: names of faults to keep (`server-kill`, `net:cut`, `disk-full` …); none: all. */
export function planRound(seed, { postgres, mounts, strace, only = [], more = false }) {
  const chance = new Chance(seed);
  const wanted = (name) => (only.length === 0 ? more || !(name in MORE) : only.includes(name));
  const place = {
    postgres: chance.maybe(0.12) && postgres,
    small: chance.maybe(0.15) && mounts && (wanted('disk-full') || wanted('full-kill')),
    second: chance.maybe(0.35),
  };
  const remote = place.small && chance.maybe(0.6);
  const trainers = planTrainers(chance.fork(), remote);
  const ms = chance.int(4_000, 11_000);
  const net = Object.fromEntries(Object.entries(NETWORK).filter(([name]) => name === 'straight' || wanted(`net:${name}`)));
  return {
    seed,
    ...place,
    ms,
    trainers,
    hold: chance.maybe(0.6),
    straight: chance.maybe(0.25),
    net,
    steps: planSteps(chance.fork(), ms, { ...place, strace, wanted }),
    network: chance.fork(),
    stranger: chance.fork(),
  };
}

function planTrainers(chance, remote) {
  const runs = chance.int(1, 3);
  const count = chance.int(2, 4);
  return Array.from({ length: count }, (_, number) => bounded(planTrainer(chance, number, runs, remote)));
}

/** How a training reaches its control plane, and whose machine it is on. `remote`: its spools must not be on the small disk. */
function planWay(chance, language, remote) {
  if (remote) return { way: 'tcp', away: language === 'python' };
  const way = chance.weighted({ tcp: 5, unix: 2, 'unix-proxy': 2, run: 2 });
  return { way, away: language === 'python' && way === 'tcp' && chance.maybe(0.2) };
}

const JUMPS = [0, 3600, -3600, 86_400 * 900, -86_400 * 3650];

function planTrainer(chance, number, runs, remote) {
  const language = chance.maybe(0.7) ? 'python' : 'node';
  const { way, away } = planWay(chance, language, remote);
  // A run that is started by the control plane has one process.
  const supervised = way === 'run';
  return {
    name: `t${number}`,
    language,
    way,
    away,
    run: supervised ? `alone-${number}` : `shared-${chance.int(1, runs)}`,
    worker: supervised ? '' : `w${number}`,
    kinds: chance.pick(KINDS),
    calls: chance.spread(60, 6_000),
    burst: chance.pick([1, 5, 20, 100]),
    pause: chance.pick([0, 0.001, 0.01, 0.03]),
    clock: chance.maybe(0.15) ? Array.from({ length: 5 }, () => chance.pick(JUMPS)) : null,
    fork: language === 'python' && chance.maybe(0.2) ? chance.pick(['end', 'gone']) : null,
    forkCalls: chance.spread(5, 500),
    end: chance.weighted(ENDS),
    early: chance.maybe(0.3),
    restarts: chance.maybe(0.6),
    /** The Python emitter's frames carry checksums. */
    checks: number % 3 !== 2,
  };
}

/** Wide batches are heavy: fewer calls of them. */
function bounded(trainer) {
  const weight = [...trainer.kinds].reduce((sum, kind) => sum + ({ w: 60, L: 12, l: 2, b: 3 }[kind] ?? 1), 0) / trainer.kinds.length;
  return { ...trainer, calls: Math.max(20, Math.round(trainer.calls / Math.sqrt(weight) / (weight > 20 ? 3 : 1))) };
}

function planSteps(chance, ms, { postgres, small, second, strace, wanted }) {
  const possible = Object.fromEntries(
    Object.entries({ ...STEPS, ...MORE }).filter(([name]) => {
      if (!wanted(name)) return false;
      if (name.startsWith('postgres')) return postgres;
      if (name === 'disk-full' || name === 'full-kill') return small;
      if (name.startsWith('other')) return second;
      return name !== 'server-spoilt' || strace;
    }),
  );
  if (Object.keys(possible).length === 0) return [];
  const steps = [];
  const count = chance.int(1, 6);
  for (let number = 0; number < count; number += 1) steps.push(planStep(chance, chance.weighted(possible), chance.int(200, ms), wanted));
  // A disk of its own is there to be filled.
  if (small && !steps.some(({ kind }) => kind === 'disk-full')) steps.push(planStep(chance, 'disk-full', chance.int(500, ms), wanted));
  return steps.sort((a, b) => a.at - b.at);
}

function planStep(chance, kind, at, wanted) {
  const all = Object.keys(SPOILT);
  const named = all.filter((each) => wanted(`spoilt:${each}`));
  const kinds = named.length > 0 ? named : all;
  return {
    at,
    kind,
    /** How long it lasts (ms). */
    ms: chance.spread(50, 4_000),
    which: chance.int(0, 99),
    spoilt: { kind: chance.pick(kinds), from: chance.spread(3, 400), count: chance.spread(1, 40) },
    again: chance.maybe(0.5),
  };
}
