import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cpuTicks, diskTraffic, type HostCounts, hostMetrics, linkTraffic, memoryBytes, readHost } from './system-host.js';

const STAT = 'cpu  521839 25180 96649 3271035 13720 0 2077 298 700 9\ncpu0 233641 11261 41532 1675739 3334 0 568 150 0 0\n';
const MEMINFO = 'MemTotal:       24684092 kB\nMemFree:        20000000 kB\nMemAvailable:   23969988 kB\nHugePages_Total:       0\n';
const DISKSTATS = `   7       0 loop0 9 0 100 0 9 0 100 0 0 0 0 0 0 0 0 0
 259       0 nvme0n1 253707 30316 17459186 220734 1233571 304212 394687752 386612 0 224432 683947 0 0 0 0 0 0
 259       1 nvme0n1p1 253000 30000 17000000 220000 1233000 304000 394000000 386000 0 224000 683000 0 0 0 0 0 0
 253       0 dm-0 253707 0 17459186 220734 1233571 0 394687752 386612 0 224432 683947 0 0 0 0 0 0
   8       0 sda 10 0 14 5 20 0 48 6 0 7 8
`;
const NET = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 19951701197 1014900    0    0    0     0          0         0 19951701197 1014900    0    0    0     0       0          0
  eth0: 5670184256  120726    0    0    0     0          0         0  5799537   67511    0    0    0     0       0          0
enp3s0:7 1 0 0 0 0 0 0 9 1 0 0 0 0 0 0
veth12: 1000 1 0 0 0 0 0 0 1000 1 0 0 0 0 0 0
`;

describe('texts of Linux', () => {
  it('give ticks: waiting for a disk is not busy, and guests do not count twice', () => {
    const used = 521839 + 25180 + 96649 + 2077 + 298;
    expect(cpuTicks(STAT)).toEqual({ used, total: used + 3271035 + 13720 });
  });

  it('give memory: what can be reclaimed is not used', () => {
    expect(memoryBytes(MEMINFO)).toEqual({ used: (24684092 - 23969988) * 1024, total: 24684092 * 1024 });
  });

  it('give the traffic of whole, real disks', () => {
    const disks = new Set(['loop0', 'nvme0n1', 'dm-0', 'sda']);
    expect(diskTraffic(DISKSTATS, disks)).toEqual({ in: (17459186 + 14) * 512, out: (394687752 + 48) * 512 });
  });

  it('give the traffic of links to elsewhere', () => {
    expect(linkTraffic(NET)).toEqual({ in: 5670184256 + 7, out: 5799537 + 9 });
  });
});

describe('a machine', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'host-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function machine(files: Record<string, string>): HostCounts {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    return readHost(root);
  }

  it.runIf(process.platform === 'linux')('in a container has the memory of its tightest group', () => {
    const group = 'sys/fs/cgroup/jobs';
    const { memory } = machine({
      'proc/meminfo': MEMINFO,
      'proc/self/cgroup': '0::/jobs/one\n',
      [`${group}/one/memory.max`]: 'max\n',
      [`${group}/memory.max`]: '1000000\n',
      [`${group}/memory.current`]: '750000\n',
      [`${group}/memory.stat`]: 'anon 1\ninactive_file 250000\n',
    });
    expect(memory).toEqual({ used: 500_000, total: 1_000_000 });
  });

  it.runIf(process.platform === 'linux')('with older control groups too, though the path is that of the host', () => {
    const group = 'sys/fs/cgroup/memory';
    const { memory } = machine({
      'proc/meminfo': MEMINFO,
      'proc/self/cgroup': '5:cpu:/docker/abc\n4:memory:/docker/abc\n0::/\n',
      [`${group}/memory.limit_in_bytes`]: '2000\n',
      [`${group}/memory.usage_in_bytes`]: '1500\n',
      [`${group}/memory.stat`]: 'total_inactive_file 500\n',
    });
    expect(memory).toEqual({ used: 1000, total: 2000 });
  });

  it.runIf(process.platform === 'linux')('without a limit, or with one above what there is, has all of its memory', () => {
    const files = { 'proc/meminfo': MEMINFO, 'proc/self/cgroup': '4:memory:/\n' };
    for (const limit of ['9223372036854771712\n', '99999999999999\n', 'max\n']) {
      expect(machine({ ...files, 'sys/fs/cgroup/memory/memory.limit_in_bytes': limit }).memory?.total).toBe(24684092 * 1024);
    }
  });

  it('that tells nothing, or what nobody understands, has no metrics of that kind', () => {
    const before = machine({});
    const after = machine({ 'proc/stat': '', 'proc/diskstats': 'x', 'proc/net/dev': '', 'proc/meminfo': 'MemTotal: many' });
    for (const [key, value] of hostMetrics(before, after)) expect(value, key).toBeGreaterThanOrEqual(0);
    expect(hostMetrics(before, after).map(([key]) => key)).not.toContain('system/disk_read_bytes_per_s');
  });

  it.runIf(process.platform === 'linux')('tells of itself what is likely', () => {
    const { cpu, memory, network } = readHost();
    for (const share of [cpu, memory]) {
      expect(share?.used).toBeGreaterThan(0);
      expect(share?.used).toBeLessThanOrEqual(share?.total ?? 0);
    }
    expect(network?.in).toBeGreaterThanOrEqual(0);
  });
});

describe('the metrics between two looks', () => {
  const look = (at: number, rest: Partial<HostCounts> = {}): HostCounts => ({
    at,
    cpu: undefined,
    memory: undefined,
    disks: undefined,
    network: undefined,
    ...rest,
  });

  it('are shares of the time between, and rates', () => {
    const before = look(1_000, { cpu: { used: 100, total: 200 }, disks: { in: 0, out: 500 }, network: { in: 7, out: 7 } });
    const after = look(3_000, {
      cpu: { used: 175, total: 300 },
      memory: { used: 25, total: 100 },
      disks: { in: 4096, out: 400 },
      network: { in: 7, out: 9 },
    });
    expect(Object.fromEntries(hostMetrics(before, after))).toEqual({
      'system/cpu_percent': 75,
      'system/memory_used_bytes': 25,
      'system/memory_percent': 25,
      'system/disk_read_bytes_per_s': 2048,
      // A disk is gone: its counter fell.
      'system/disk_write_bytes_per_s': 0,
      'system/net_received_bytes_per_s': 0,
      'system/net_sent_bytes_per_s': 1,
    });
  });

  it('are not made up where no time has passed', () => {
    const one = look(1_000, { cpu: { used: 1, total: 2 }, disks: { in: 0, out: 0 } });
    expect(hostMetrics(one, one)).toEqual([]);
  });
});
