// NVIDIA GPUs as `nvidia-smi` tells them, where it is there.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** In the order of the columns; memory in MiB. */
const QUERY = 'index,utilization.gpu,memory.used,memory.total,temperature.gpu,power.draw';
/** ms; usually a few tenths of a second, but the first call without a persistent driver takes longer. */
const TIMEOUT_MS = 5_000;
const MAX_OUTPUT = 64 * 1024;
const MAX_GPUS = 64;
const MIB = 1024 * 1024;
/** In a row: then it is not asked again. */
const MAX_FAILURES = 3;

const run = promisify(execFile);

export type GpuMetrics = readonly [string, number][];

/** The GPUs of this machine. One process at a time asks for them, whoever wants to know. */
export class Gpus {
  private readonly timeoutMs: number;
  private readonly ended = new AbortController();
  private failures = 0;
  private latest: { readonly at: number; readonly metrics: Promise<GpuMetrics> } | undefined;

  constructor(timeoutMs: number = TIMEOUT_MS) {
    this.timeoutMs = timeoutMs;
  }

  /** The `system/gpu.` metrics, at most `maxAgeMs` old. Never rejects: empty where there is no GPU. */
  read(maxAgeMs: number): Promise<GpuMetrics> {
    const now = performance.now();
    if (this.latest === undefined || now - this.latest.at > maxAgeMs) this.latest = { at: now, metrics: this.ask() };
    return this.latest.metrics;
  }

  close(): void {
    this.ended.abort();
  }

  private async ask(): Promise<GpuMetrics> {
    if (this.failures >= MAX_FAILURES || this.ended.signal.aborted) return [];
    const options = { timeout: this.timeoutMs, killSignal: 'SIGKILL', maxBuffer: MAX_OUTPUT, signal: this.ended.signal } as const;
    try {
      const { stdout } = await run('nvidia-smi', [`--query-gpu=${QUERY}`, '--format=csv,noheader,nounits'], options);
      this.failures = 0;
      return parseSmi(stdout);
    } catch (error) {
      if (!this.ended.signal.aborted) this.failed(error as NodeJS.ErrnoException);
      return [];
    }
  }

  private failed(error: NodeJS.ErrnoException): void {
    this.failures = error.code === 'ENOENT' ? MAX_FAILURES : this.failures + 1;
    if (error.code === 'ENOENT' || this.failures < MAX_FAILURES) return;
    process.emitWarning(`no more GPU metrics: nvidia-smi failed ${MAX_FAILURES} times: ${error.message.slice(0, 300)}`, 'XTrackWarning');
  }
}

/** A line for each GPU; what it does not tell is `[N/A]` or the like, and left out. */
export function parseSmi(text: string): [string, number][] {
  return text
    .split('\n')
    .slice(0, MAX_GPUS)
    .flatMap((line) => {
      const [index = '', ...cells] = line.split(',').map((cell) => cell.trim());
      if (!/^\d+$/.test(index) || cells.length !== 5) return [];
      const [percent, used, total, celsius, watts] = cells.map((cell) => (cell === '' ? Number.NaN : Number(cell))) as Row;
      const values: [string, number][] = [
        ['utilization_percent', percent],
        ['memory_used_bytes', used * MIB],
        ['memory_percent', (100 * used) / total],
        ['temperature_celsius', celsius],
        ['power_watts', watts],
      ];
      return values
        .filter(([, value]) => Number.isFinite(value))
        .map(([name, value]): [string, number] => [`system/gpu.${index}.${name}`, value]);
    });
}

type Row = [percent: number, used: number, total: number, celsius: number, watts: number];
