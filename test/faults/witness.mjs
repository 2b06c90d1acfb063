// What the counter files say, and what each logged call must have become.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Kinds of calls whose events are metrics. */
export const MEASURED = /^[mbw]$/;

/** The counter file of one life: `{calls: Map n → kind, pid, ending, end}`. Its last line may be cut where the process was killed. */
export function readCounter(path) {
  const calls = new Map();
  const found = { calls, pid: null, ending: false, end: null };
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  for (const line of lines) {
    const [word, value] = line.split(' ');
    if (word === 'start') found.pid = Number(value);
    else if (word === 'ending') found.ending = true;
    else if (word === 'end') found.end = value;
    else calls.set(Number(value), word);
  }
  return found;
}

/** Every life of a round: `{life: counter}`. */
export function readCounters(folder) {
  const names = readdirSync(folder).filter((name) => name.endsWith('.count'));
  return Object.fromEntries(names.map((name) => [name.slice(0, -'.count'.length), readCounter(join(folder, name))]));
}

const VALUE = { m: (n) => (n % 101 === 0 ? 'Infinity' : n * 0.5 + 0.125) };
const WIDTH = { b: 50, w: 2500 };
const isText = (kind, n) => (kind === 'l' ? 'x'.repeat((n * 7919) % 3000) : '\u00e9'.repeat((n * 7919) % 20000));

/** The call that an event of the log came from: `{life, n, kind, right}`; undefined for events that no call made. */
export function callOf({ t: type, p: payload }) {
  const read = READ[type];
  return read === undefined ? undefined : read(payload);
}

const split = (text) => {
  const [, life, n, rest] = /^([tv]\d+\.\d+f?) (\d+)(?: (.*))?$/s.exec(text ?? '') ?? [];
  return life === undefined ? undefined : { life, n: Number(n), rest };
};

const READ = {
  metric: ({ key, value, step }) => {
    const [, life] = /^([tv]\d+\.\d+f?)\/m$/.exec(key) ?? [];
    return life && { life, n: step, kind: 'm', right: value === VALUE.m(step) };
  },
  metric_batch: ({ metrics, step }) => {
    const keys = Object.keys(metrics);
    const [, life, kind] = /^([tv]\d+\.\d+f?)\/([bw])0$/.exec(keys[0] ?? '') ?? [];
    if (life === undefined) return undefined;
    const right = keys.length === WIDTH[kind] && keys.every((_, i) => metrics[`${life}/${kind}${i}`] === step + i / 4096);
    return { life, n: step, kind, right };
  },
  log: ({ msg, level, step }) => {
    const found = split(msg);
    if (found === undefined) return undefined;
    const kind = level === 'warning' ? 'L' : 'l';
    return { ...found, kind, right: found.rest === isText(kind, found.n) && step === found.n };
  },
  param: ({ key, value }) => {
    const [, life, n] = /^([tv]\d+\.\d+f?)\.p(\d+)$/.exec(key) ?? [];
    return life && { life, n: Number(n), kind: 'p', right: value === `value ${n}` };
  },
  artifact: ({ name, size }) => {
    const found = split(name);
    return found && { ...found, kind: 'a', right: size === 1000 };
  },
  checkpoint: ({ meta, step }) => {
    const found = split(meta?.call);
    return found && { ...found, kind: 'c', right: step === found.n };
  },
  status: ({ msg, progress }) => {
    const found = split(msg);
    return found && { ...found, kind: 's', right: progress?.cur === found.n };
  },
};
