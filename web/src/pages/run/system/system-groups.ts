// The `system/` metrics as charts: what belongs together on one, in units that people read.

export interface SystemKey {
  /** As measured: `system/gpu.0.memory_used_bytes`. */
  readonly key: string;
  /** In the chart's legend. */
  readonly label: string;
}

export interface SystemGroup {
  readonly title: string;
  readonly unit: string;
  /** A value in `unit` is the measured one times this. */
  readonly factor: number;
  readonly keys: readonly SystemKey[];
}

export const SYSTEM_PREFIX = 'system/';

/** Charts that hold more than one metric, by the end of the key; the order is that of the page. */
const TOGETHER: readonly (readonly [title: string, parts: Readonly<Record<string, string>>])[] = [
  ['CPU', { process_cpu_percent: 'this run', cpu_percent: 'machine' }],
  ['Memory', { process_memory_bytes: 'this run', memory_used_bytes: 'machine' }],
  ['Memory of the machine', { memory_percent: 'used' }],
  ['Disk', { disk_read_bytes_per_s: 'read', disk_write_bytes_per_s: 'written' }],
  ['Network', { net_received_bytes_per_s: 'received', net_sent_bytes_per_s: 'sent' }],
  ['Disk full', { disk_used_percent: 'used' }],
  ['Threads', { process_threads: 'this run' }],
];

const GPU = /^gpu\.([^.]+)\.(.+)$/;

const GPU_TITLES: Readonly<Record<string, string>> = {
  utilization_percent: 'GPU use',
  memory_used_bytes: 'GPU memory',
  memory_percent: 'GPU memory, share',
  temperature_celsius: 'GPU temperature',
  power_watts: 'GPU power',
};

/** By the end of the key: unit and factor. */
const UNITS: readonly (readonly [suffix: string, unit: string, factor: number])[] = [
  ['_percent', '%', 1],
  ['_bytes_per_s', 'MiB/s', 2 ** -20],
  ['_bytes', 'GiB', 2 ** -30],
  ['_celsius', '°C', 1],
  ['_watts', 'W', 1],
];

/** Keys that are none of the machine's are left out. */
export function systemGroups(keys: readonly string[]): readonly SystemGroup[] {
  const left = new Set([...new Set(keys)].filter((key) => key.startsWith(SYSTEM_PREFIX)).sort());
  const known = TOGETHER.flatMap(([title, parts]) => {
    const found = Object.entries(parts).flatMap(([end, label]) =>
      left.delete(SYSTEM_PREFIX + end) ? [{ key: SYSTEM_PREFIX + end, label }] : [],
    );
    return found.length === 0 ? [] : [groupOf(title, found)];
  });
  return [
    ...known,
    ...gpuGroups(left),
    ...[...left].map((key) => groupOf(key.slice(SYSTEM_PREFIX.length), [{ key, label: key.slice(SYSTEM_PREFIX.length) }])),
  ];
}

/** One chart a quantity, one curve a GPU. What it takes is gone from `left`. */
function gpuGroups(left: Set<string>): readonly SystemGroup[] {
  const found = new Map<string, SystemKey[]>();
  for (const key of [...left]) {
    const [, gpu, quantity] = GPU.exec(key.slice(SYSTEM_PREFIX.length)) ?? [];
    if (gpu === undefined || quantity === undefined) continue;
    left.delete(key);
    found.set(quantity, [...(found.get(quantity) ?? []), { key, label: `GPU ${gpu}` }]);
  }
  const order = Object.keys(GPU_TITLES);
  // What is not known comes last.
  const rank = (quantity: string): number => (order.includes(quantity) ? order.indexOf(quantity) : order.length);
  return [...found]
    .sort(([a], [b]) => rank(a) - rank(b))
    .map(([quantity, keys]) => groupOf(GPU_TITLES[quantity] ?? `GPU ${quantity}`, keys));
}

function groupOf(title: string, keys: readonly SystemKey[]): SystemGroup {
  const [, unit = '', factor = 1] = UNITS.find(([suffix]) => keys[0]?.key.endsWith(suffix) === true) ?? [];
  return { title, unit, factor, keys };
}
