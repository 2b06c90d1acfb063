// What the whole machine is doing: counts from /proc, /sys and the control group, and the metrics between two of them.

import { readdirSync, readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { cpus, freemem, totalmem } from 'node:os';
import { join } from 'node:path';

/** Bytes: the unit of /proc/diskstats whatever the disk's own sectors are. */
const SECTOR = 512;
/** Control groups without a limit name a number near 2^63 (bytes). */
const NO_LIMIT = 2 ** 60;
/** Folders that are walked up from a control group. */
const MAX_DEPTH = 64;
/** Made of other devices, so that they would count twice, or no disk at all. */
const VIRTUAL_DISK = /^(loop|ram|zram|dm-|md|sr|fd)/;
const VIRTUAL_LINK = /^(lo|veth|docker|br-|virbr|ifb|dummy|bond|cni|flannel|cali|tun|wg)/;

/** A part and the whole that it belongs to. */
export interface Share {
  readonly used: number;
  readonly total: number;
}

/** Bytes since boot in both directions: read and written, or received and sent. */
export interface Traffic {
  readonly in: number;
  readonly out: number;
}

/** One look at the machine. What the system does not tell is undefined. */
export interface HostCounts {
  /** ms of the monotonic clock. */
  readonly at: number;
  /** Time since boot that the cores were busy, and altogether. */
  readonly cpu: Share | undefined;
  /** Bytes: of the control group where it may use less than the machine has. */
  readonly memory: Share | undefined;
  readonly disks: Traffic | undefined;
  readonly network: Traffic | undefined;
}

/** Looks at the machine; `root` is where its file system begins. */
export function readHost(root = '/'): HostCounts {
  const linux = process.platform === 'linux';
  return {
    at: performance.now(),
    cpu: attempt(() => (linux ? cpuTicks(text(root, 'proc/stat')) : coreTimes())),
    memory: attempt(() => (linux ? memoryOf(root) : { used: totalmem() - freemem(), total: totalmem() })),
    // Partitions have no entry of their own there: their traffic is in that of their disk.
    disks: attempt(() => diskTraffic(text(root, 'proc/diskstats'), new Set(readdirSync(join(root, 'sys/block'))))),
    network: attempt(() => linkTraffic(text(root, 'proc/net/dev'))),
  };
}

/** The `system/` metrics of the machine between two looks. */
export function hostMetrics(before: HostCounts, after: HostCounts): [string, number][] {
  const seconds = (after.at - before.at) / 1000;
  const metrics: [string, number][] = [];
  const ticks = (after.cpu?.total ?? 0) - (before.cpu?.total ?? 0);
  if (before.cpu !== undefined && after.cpu !== undefined && ticks > 0) {
    metrics.push(['system/cpu_percent', Math.min(100, Math.max(0, (100 * (after.cpu.used - before.cpu.used)) / ticks))]);
  }
  if (after.memory !== undefined && after.memory.total > 0) {
    metrics.push(['system/memory_used_bytes', after.memory.used]);
    metrics.push(['system/memory_percent', (100 * after.memory.used) / after.memory.total]);
  }
  metrics.push(...rates(['system/disk_read_bytes_per_s', 'system/disk_write_bytes_per_s'], before.disks, after.disks, seconds));
  metrics.push(...rates(['system/net_received_bytes_per_s', 'system/net_sent_bytes_per_s'], before.network, after.network, seconds));
  return metrics;
}

function rates(names: [string, string], before: Traffic | undefined, after: Traffic | undefined, seconds: number): [string, number][] {
  if (before === undefined || after === undefined || !(seconds > 0)) return [];
  // A counter that fell (a device is gone) has grown by nothing.
  return [
    [names[0], Math.max(0, after.in - before.in) / seconds],
    [names[1], Math.max(0, after.out - before.out) / seconds],
  ];
}

/** Ticks of all cores from /proc/stat. Waiting for a disk is not busy; what guests used is in the first two already. */
export function cpuTicks(stat: string): Share {
  const line = stat.slice(0, stat.indexOf('\n'));
  const ticks = line.split(/\s+/).slice(1, 9).map(Number);
  const total = ticks.reduce((sum, each) => sum + each, 0);
  return { used: total - (ticks[3] ?? 0) - (ticks[4] ?? 0), total };
}

function coreTimes(): Share {
  const times = cpus().map(({ times: { user, nice, sys, irq, idle } }) => ({ busy: user + nice + sys + irq, idle }));
  const used = times.reduce((sum, { busy }) => sum + busy, 0);
  return { used, total: times.reduce((sum, { idle }) => sum + idle, used) };
}

/** Bytes from /proc/meminfo. What can be reclaimed at once does not count as used. */
export function memoryBytes(meminfo: string): Share {
  const found = numbers(meminfo.replaceAll(':', ''));
  const total = found.get('MemTotal') ?? 0;
  return { used: (total - (found.get('MemAvailable') ?? found.get('MemFree') ?? 0)) * 1024, total: total * 1024 };
}

/** Bytes of those disks that are real, from /proc/diskstats. */
export function diskTraffic(diskstats: string, disks: ReadonlySet<string>): Traffic {
  const rows = diskstats.split('\n').map((line) => line.trim().split(/\s+/));
  const real = rows.filter(([, , name = '']) => disks.has(name) && !VIRTUAL_DISK.test(name));
  const sum = (column: number): number => real.reduce((bytes, row) => bytes + Number(row[column] ?? 0) * SECTOR, 0);
  return { in: sum(5), out: sum(9) };
}

/** Bytes over all links but loopback and virtual ones, from /proc/net/dev. */
export function linkTraffic(dev: string): Traffic {
  const rows = dev
    .split('\n')
    .slice(2)
    .map((line) => line.trim().split(/:\s*|\s+/));
  const real = rows.filter(([name = '']) => name !== '' && !VIRTUAL_LINK.test(name));
  const sum = (column: number): number => real.reduce((bytes, row) => bytes + Number(row[column] ?? 0), 0);
  return { in: sum(1), out: sum(9) };
}

function memoryOf(root: string): Share {
  const machine = memoryBytes(text(root, 'proc/meminfo'));
  const group = attempt(() => groupMemory(root));
  return group !== undefined && group.total < machine.total ? group : machine;
}

/** Bytes of the control group with the tightest limit around this process; undefined where none is set. */
function groupMemory(root: string): Share | undefined {
  const { folders, limit, used, cached } = groupFiles(text(root, 'proc/self/cgroup'));
  const limited = folders.flatMap((folder) => {
    // The root group has no such file, and in a container the path may be that of the host.
    const bytes = Number(attempt(() => text(root, `${folder}/${limit}`)) ?? Number.NaN);
    return bytes > 0 && bytes < NO_LIMIT ? { folder, bytes } : [];
  });
  const [tightest] = limited.sort((a, b) => a.bytes - b.bytes);
  if (tightest === undefined) return undefined;
  const taken = Number(text(root, `${tightest.folder}/${used}`));
  const given = numbers(text(root, `${tightest.folder}/memory.stat`)).get(cached) ?? 0;
  return { used: Math.max(0, taken - given), total: tightest.bytes };
}

interface GroupFiles {
  /** The group's own and those above it. */
  readonly folders: readonly string[];
  readonly limit: string;
  readonly used: string;
  /** The part of memory.stat that the kernel gives back before it runs short: cached file pages. */
  readonly cached: string;
}

/** From /proc/self/cgroup, in both versions of control groups. */
function groupFiles(cgroup: string): GroupFiles {
  const lines = cgroup.split('\n').map((line) => line.split(':'));
  const older = lines.find(([, controllers = '']) => controllers.split(',').includes('memory'));
  const base = older === undefined ? 'sys/fs/cgroup' : 'sys/fs/cgroup/memory';
  const path = (older ?? lines.find(([, controllers]) => controllers === ''))?.slice(2).join(':') ?? '';
  const parts = path
    .split('/')
    .filter((part) => part !== '' && part !== '..')
    .slice(0, MAX_DEPTH);
  const folders = [...parts.keys(), parts.length].map((count) => [base, ...parts.slice(0, count)].join('/'));
  return older === undefined
    ? { folders, limit: 'memory.max', used: 'memory.current', cached: 'inactive_file' }
    : { folders, limit: 'memory.limit_in_bytes', used: 'memory.usage_in_bytes', cached: 'total_inactive_file' };
}

/** Lines of a name and a number. */
function numbers(lines: string): Map<string, number> {
  const pairs = lines.split('\n').map((line) => line.split(/\s+/));
  return new Map(pairs.flatMap(([name = '', value = '']) => (/^\d+$/.test(value) ? [[name, Number(value)] as const] : [])));
}

function text(root: string, path: string): string {
  return readFileSync(join(root, path), 'latin1');
}

/** Undefined where the system does not tell, or not in the form that is known here. */
function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Folders that are remembered. */
const MAX_FOLDERS = 1_000;

/** How full the disks are. Asking for one on a dead network file system hangs, so at most one question is under way. */
export class Volumes {
  private readonly known = new Map<string, number>();
  private readonly wanted = new Set<string>();
  private asking = false;

  /** Percent used of the file system that holds `folder`, as of the last question; asks anew, for the next time. */
  usedPercent(folder: string): number | undefined {
    if (this.wanted.size < MAX_FOLDERS) this.wanted.add(folder);
    if (!this.asking) void this.ask();
    return this.known.get(folder);
  }

  private async ask(): Promise<void> {
    this.asking = true;
    for (const folder of this.wanted) {
      this.wanted.delete(folder);
      if (this.known.size >= MAX_FOLDERS) this.known.clear();
      try {
        const { blocks, bfree, bavail } = await statfs(folder);
        const used = blocks - bfree;
        // As df does: what only root may use is not there.
        if (used + bavail > 0) this.known.set(folder, (100 * used) / (used + bavail));
      } catch {
        this.known.delete(folder);
      }
    }
    this.asking = false;
  }
}
