import { describe, expect, it } from 'vitest';
import { systemGroups } from './system-groups';

function outline(keys: readonly string[]): string[] {
  return systemGroups(keys).map(({ title, unit, keys: own }) => `${title} [${unit}]: ${own.map(({ label }) => label).join(', ')}`);
}

describe('systemGroups', () => {
  it('puts together what is read together, in units that people read', () => {
    const keys = ['cpu_percent', 'process_cpu_percent', 'process_memory_bytes', 'memory_used_bytes', 'net_sent_bytes_per_s'];
    expect(outline(keys.map((key) => `system/${key}`))).toEqual([
      'CPU [%]: this run, machine',
      'Memory [GiB]: this run, machine',
      'Network [MiB/s]: sent',
    ]);
  });

  it('makes a chart of each quantity of the GPUs, and of what it does not know', () => {
    const keys = ['gpu.1.power_watts', 'gpu.0.power_watts', 'gpu.0.utilization_percent', 'gpu.0.fan', 'room_celsius'];
    expect(outline(keys.map((key) => `system/${key}`))).toEqual([
      'GPU use [%]: GPU 0',
      'GPU power [W]: GPU 0, GPU 1',
      'GPU fan []: GPU 0',
      'room_celsius [°C]: room_celsius',
    ]);
  });

  it('leaves out what is none of the machine, and names each key once', () => {
    expect(outline(['loss', 'system/cpu_percent', 'system/cpu_percent'])).toEqual(['CPU [%]: machine']);
  });
});
