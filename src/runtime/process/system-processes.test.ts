import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { family, type ProcessStat, type ProcessTable, parseStat, processMetrics, readProcesses, ticksUsed } from './system-processes.js';

const stat = (pid: number, parent: number, rest: Partial<ProcessStat> = {}): ProcessStat => ({
  pid,
  parent,
  session: 0,
  ticks: 0,
  reaped: 0,
  threads: 1,
  started: 5,
  pages: 0,
  ...rest,
});
const table = (at: number, ...all: ProcessStat[]): ProcessTable => ({ at, all: new Map(all.map((one) => [one.pid, one])) });

describe('a process', () => {
  it('may have any name', () => {
    const text = '10548 (a) R 1 (b) S 10540 10540 6814 0 -1 4194304 100 0 0 0 7 5 30 3 20 0 4 0 1976387 3133440 412 18446';
    expect(parseStat(text)).toEqual({
      pid: 10548,
      parent: 10540,
      session: 6814,
      ticks: 12,
      reaped: 33,
      threads: 4,
      started: 1976387,
      pages: 412,
    });
  });
});

describe('the family of a process', () => {
  it('is its session and whoever descends from it, in whatever session', () => {
    const all = [
      stat(1, 0),
      stat(10, 1, { session: 10 }),
      stat(11, 10, { session: 11 }),
      stat(12, 11, { session: 11 }),
      // Its parent has ended, and the first process took it.
      stat(13, 1, { session: 10 }),
      stat(20, 1, { session: 20 }),
    ];
    expect(
      family(table(0, ...all), 10)
        .map(({ pid }) => pid)
        .sort((a, b) => a - b),
    ).toEqual([10, 11, 12, 13]);
    expect(family(table(0, ...all), 99)).toEqual([]);
  });

  it('has used what those used who came and went between two looks', () => {
    const parent = stat(10, 1, { ticks: 50 });
    const child = stat(11, 10, { ticks: 30, started: 6 });
    expect(ticksUsed([parent, child], [stat(10, 1, { ticks: 55, reaped: 42 })])).toBe(5 + 42 - 30);
    // Nobody waited for the child, or its pid is another process now: no negative time, and none counted twice.
    expect(ticksUsed([parent, child], [stat(10, 1, { ticks: 55 })])).toBe(5);
    expect(ticksUsed([child], [stat(11, 10, { ticks: 4, started: 9 })])).toBe(4);
  });

  it('has metrics per second of the time between', () => {
    const before = table(1_000, stat(10, 1, { ticks: 100 }));
    const after = table(3_000, stat(10, 1, { ticks: 400, threads: 3 }), stat(11, 10, { ticks: 100, threads: 2 }));
    const metrics = Object.fromEntries(processMetrics(before, after, 10));
    // 400 ticks of 10 ms in 2 s: two cores, where the kernel counts in hundredths as it does nearly everywhere.
    expect(metrics).toMatchObject({ 'system/process_cpu_percent': 200, 'system/process_threads': 5 });
    expect(processMetrics(before, table(3_000), 10)).toEqual([]);
    expect(Object.keys(Object.fromEntries(processMetrics(undefined, after, 10)))).not.toContain('system/process_cpu_percent');
    expect(processMetrics(before, undefined, 10)).toEqual([]);
  });
});

describe.runIf(process.platform === 'linux')('a real process', () => {
  it('that burns CPU and holds memory is seen, in a child of a child too', async () => {
    const burn = 'const held = Buffer.alloc(64 << 20, 1); console.log("on"); for (;;) held[0] ^= 1';
    const script = `require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(burn)}], { stdio: "inherit" })`;
    const child = spawn(process.execPath, ['-e', script], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
    const pid = child.pid as number;
    try {
      await once(child.stdout, 'data');
      let before = await readProcesses();
      await expect
        .poll(
          async () => {
            const now = await readProcesses();
            const metrics = Object.fromEntries(processMetrics(before, now, pid));
            before = now;
            return (metrics['system/process_cpu_percent'] ?? 0) > 20 && (metrics['system/process_memory_bytes'] ?? 0) > 2 ** 26;
          },
          { timeout: 20_000, interval: 200 },
        )
        .toBe(true);
    } finally {
      process.kill(-pid, 'SIGKILL');
    }
  });

  it('is not there where there is no /proc', async () => {
    expect(await readProcesses('/nowhere')).toBeUndefined();
  });
});
