// What a supervised process and everything that it started use: one look at /proc for all runs, and sums over families.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as yieldToOthers } from 'node:timers/promises';

/** Processes that are read at once: about 1 ms. */
const SLICE = 64;
/** Processes of the machine that are looked at; beyond, those with the lowest pids. */
const MAX_PROCESSES = 16_384;

/** A process in /proc/<pid>/stat. */
export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /** The pid of the process that began its session: each supervised process begins one. */
  readonly session: number;
  /** CPU ticks of its own, and of the children that it has waited for. */
  readonly ticks: number;
  readonly reaped: number;
  readonly threads: number;
  /** Ticks since boot: with the pid, which process it is. */
  readonly started: number;
  /** Pages of memory that are resident. */
  readonly pages: number;
}

/** One look at all processes. */
export interface ProcessTable {
  /** ms of the monotonic clock. */
  readonly at: number;
  readonly all: ReadonlyMap<number, ProcessStat>;
}

/** Looks at every process, giving way to other work in between. Undefined where there is no /proc. */
export async function readProcesses(folder = '/proc'): Promise<ProcessTable | undefined> {
  try {
    const pids = readdirSync(folder).filter((name) => /^\d+$/.test(name));
    const table = { at: performance.now(), all: new Map<number, ProcessStat>() };
    for (const [index, pid] of pids.slice(0, MAX_PROCESSES).entries()) {
      if (index % SLICE === SLICE - 1) await yieldToOthers();
      const stat = readStat(join(folder, pid, 'stat'));
      if (stat !== undefined) table.all.set(stat.pid, stat);
    }
    return table.all.size === 0 ? undefined : table;
  } catch {
    return undefined;
  }
}

/** The `system/process_` metrics of the session and the descendants of `pid` between two looks; none when it is gone. */
export function processMetrics(before: ProcessTable | undefined, after: ProcessTable | undefined, pid: number): [string, number][] {
  if (after === undefined) return [];
  const members = family(after, pid);
  if (members.length === 0) return [];
  const { ticksPerSecond, pageBytes } = kernelUnits();
  const metrics: [string, number][] = [
    ['system/process_memory_bytes', members.reduce((sum, { pages }) => sum + pages, 0) * pageBytes],
    ['system/process_threads', members.reduce((sum, { threads }) => sum + threads, 0)],
  ];
  if (before !== undefined && after.at > before.at) {
    const seconds = ticksUsed(family(before, pid), members) / ticksPerSecond;
    metrics.unshift(['system/process_cpu_percent', (100_000 * seconds) / (after.at - before.at)]);
  }
  return metrics;
}

/** The name of a program may hold anything, blanks and parentheses too: fields count from its last parenthesis. */
export function parseStat(text: string): ProcessStat {
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const field = (index: number): number => fields[index] ?? 0;
  return {
    pid: Number.parseInt(text, 10),
    parent: field(1),
    session: field(3),
    ticks: field(11) + field(12),
    reaped: field(13) + field(14),
    threads: field(17),
    started: field(19),
    pages: field(21),
  };
}

/** Whoever is of the session that `pid` began, or descends from one of those. */
export function family({ all }: ProcessTable, pid: number): ProcessStat[] {
  const children = new Map<number, ProcessStat[]>();
  for (const one of all.values()) {
    const siblings = children.get(one.parent);
    if (siblings === undefined) children.set(one.parent, [one]);
    else siblings.push(one);
  }
  const found = new Set([...all.values()].filter((one) => one.pid === pid || one.session === pid));
  // A set yields what is added while it is walked.
  for (const { pid: parent } of found) for (const child of children.get(parent) ?? []) found.add(child);
  return [...found];
}

/** CPU ticks that a family used between two looks, those of members that came and went in between included. */
export function ticksUsed(before: readonly ProcessStat[], after: readonly ProcessStat[]): number {
  const name = ({ pid, started }: ProcessStat): string => `${pid} ${started}`;
  const ended = new Map(before.map((one) => [name(one), one]));
  let own = 0;
  let everything = 0;
  for (const one of after) {
    const old = ended.get(name(one));
    ended.delete(name(one));
    own += one.ticks - (old?.ticks ?? 0);
    everything += one.ticks + one.reaped - (old === undefined ? 0 : old.ticks + old.reaped);
  }
  // Whoever has ended is in what its parent reaped, with what it had used before the first look too …
  for (const { ticks, reaped } of ended.values()) everything -= ticks + reaped;
  // … unless nobody in the family waited for it: then what the living used is all there is.
  return Math.max(own, everything, 0);
}

function readStat(path: string): ProcessStat | undefined {
  try {
    return parseStat(readFileSync(path, 'latin1'));
  } catch {
    // It has ended since.
    return undefined;
  }
}

interface KernelUnits {
  readonly ticksPerSecond: number;
  readonly pageBytes: number;
}

let units: KernelUnits | undefined;

/** Node does not tell them; the kernel tells each process when it starts it. Entries of <elf.h>: AT_PAGESZ, AT_CLKTCK. */
function kernelUnits(): KernelUnits {
  if (units !== undefined) return units;
  const found = new Map<bigint, number>();
  try {
    const bytes = readFileSync('/proc/self/auxv');
    for (let at = 0; at + 16 <= bytes.length; at += 16) found.set(bytes.readBigUInt64LE(at), Number(bytes.readBigUInt64LE(at + 8)));
  } catch {
    // The usual values it is, then.
  }
  units = { ticksPerSecond: found.get(17n) ?? 100, pageBytes: found.get(6n) ?? 4096 };
  return units;
}
