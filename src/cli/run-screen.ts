// The moving part of a live run on a terminal: status, progress with the time left, the latest metrics with their trails.

import colors from 'picocolors';
import type { Formatter } from 'picocolors/types.js';
import type { RunStatus } from '../index.js';
import type { RunModel, Trail } from './run-model.js';
import { byteSize, clock, shortNumber } from './terminal/number.js';
import { progressBar } from './terminal/progress.js';
import { sparkline } from './terminal/sparkline.js';
import { type Part, styled } from './terminal/styled.js';
import { clip, pad, plainText, textWidth } from './terminal/text.js';

const MAX_METRICS = 12;
const NUMBER_WIDTH = 11;

const STATUS_COLORS = new Map<RunStatus, Formatter>([
  ['completed', colors.green],
  ['failed', colors.red],
  ['killed', colors.red],
  ['interrupted', colors.yellow],
  ['paused', colors.yellow],
]);

/** A status in its colour. */
export function statusColor(status: RunStatus): Formatter {
  return STATUS_COLORS.get(status) ?? colors.cyan;
}

/** At most `rows` lines of at most `columns` cells; `now` in milliseconds. */
export function drawRun(model: RunModel, columns: number, rows: number, now: number): string[] {
  const head = [colors.dim('─'.repeat(columns)), titleLine(model, columns, now)];
  const progress = progressLine(model, columns, now);
  if (progress !== undefined) head.push(progress);
  if (model.message) head.push(styled([[plainText(model.message), colors.dim]], columns));
  const machine = machineLine(model, columns);
  if (machine !== undefined) head.push(machine);
  const foot = footLine(model, columns);
  const room = Math.min(MAX_METRICS, Math.floor(rows * 0.75) - head.length - 1);
  const lines = [...head, ...metricLines(model, columns, Math.max(0, room)), ...(foot === undefined ? [] : [foot])];
  return lines.slice(0, rows);
}

function titleLine(model: RunModel, columns: number, now: number): string {
  const { runId, name } = model.run;
  const parts: Part[] = [[model.status, statusColor(model.status)], [`  ${clock(model.elapsed(now))}  `]];
  if (name === null) return styled([...parts, [runId, colors.bold]], columns);
  return styled([...parts, [plainText(name), colors.bold], [`  ${runId}`, colors.dim]], columns);
}

function progressLine(model: RunModel, columns: number, now: number): string | undefined {
  const { progress } = model;
  if (progress === null) return undefined;
  const unit = progress.unit === undefined ? '' : `${plainText(progress.unit)} `;
  if (progress.total === undefined || !(progress.total > 0)) return styled([[`${unit}${shortNumber(progress.current)}`]], columns);
  const fraction = progress.current / progress.total;
  const left = model.remaining(now);
  const percent = `${Math.floor(Math.max(0, Math.min(1, fraction)) * 100)}%`;
  const told = ` ${percent}  ${unit}${shortNumber(progress.current)}/${shortNumber(progress.total)}${left === undefined ? '' : `  ${clock(left)} left`}`;
  const width = Math.max(6, Math.min(40, columns - textWidth(told)));
  return styled([[progressBar(fraction, width), colors.cyan], [told]], columns);
}

/** What the process and the GPUs do now: `cpu 812 %  memory 3.1 GiB  gpu 97 % 23.4 GiB`. */
function machineLine({ system }: RunModel, columns: number): string | undefined {
  const cpu = system.get('system/process_cpu_percent') ?? system.get('system/cpu_percent');
  const memory = system.get('system/process_memory_bytes') ?? system.get('system/memory_used_bytes');
  const gpus = [...system].filter(([key]) => key.startsWith('system/gpu.'));
  const busy = gpus.filter(([key]) => key.endsWith('.utilization_percent')).map(([, percent]) => percent);
  const held = gpus.filter(([key]) => key.endsWith('.memory_used_bytes')).reduce((sum, [, bytes]) => sum + bytes, 0);
  const parts = [
    cpu === undefined ? [] : [`cpu ${Math.round(cpu)}%`],
    memory === undefined ? [] : [`memory ${byteSize(memory)}`],
    busy.length === 0 ? [] : [`gpu ${busy.map((percent) => `${Math.round(percent)}%`).join(' ')}  ${byteSize(held)}`],
  ].flat();
  return parts.length === 0 ? undefined : styled([[parts.join('  '), colors.dim]], columns);
}

function metricLines(model: RunModel, columns: number, room: number): string[] {
  const total = model.trails.size;
  if (total === 0 || room === 0) return [];
  const shown = model.busiest(total <= room ? room : room - 1);
  const widest = shown.reduce((most, trail) => Math.max(most, textWidth(plainText(trail.label))), 0);
  const label = Math.max(4, Math.min(widest, Math.floor(columns * 0.4)));
  const lines = shown.map((trail) => metricLine(trail, label, columns));
  const hidden = total - shown.length;
  return hidden === 0 ? lines : [...lines, styled([[`  and ${hidden} more metrics`, colors.dim]], columns)];
}

function metricLine(trail: Trail, label: number, columns: number): string {
  const value = clip(shortNumber(trail.latest), NUMBER_WIDTH);
  const room = Math.min(60, columns - label - NUMBER_WIDTH - 5);
  const parts: Part[] = [[`  ${pad(plainText(trail.label), label)} `], [pad(value, NUMBER_WIDTH, 'end'), colors.bold]];
  return styled([...parts, [`  ${sparkline(trail.values, room)}`, colors.cyan]], columns);
}

function footLine(model: RunModel, columns: number): string | undefined {
  if (model.run.endedAt !== null) return undefined;
  if (!model.live) return styled([['no control plane answers; the training goes on by itself', colors.yellow]], columns);
  if (model.stopping) return styled([['stopping; Ctrl-C again kills it', colors.yellow]], columns);
  return styled([['Ctrl-C stops the run', colors.dim]], columns);
}
