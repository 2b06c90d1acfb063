// `xtrack replay FILE`: takes a recorded event log into the store, at once or as fast as it happened.

import { Command } from 'commander';
import { type ReplayReport, XTrackError } from '../../../index.js';
import { type CommonOptions, writing } from '../../context.js';
import { print, printJson } from '../../output.js';

interface ReplayOptions extends CommonOptions {
  readonly speed: Speed;
  readonly runId?: string;
}

type Speed = 'instant' | 'realtime' | number;

export function replayCommand(): Command {
  return new Command('replay')
    .description('take an event log (an export, or what a worker wrote without a control plane) into the store')
    .argument('<file>', 'file of frames')
    .option('--speed <speed>', 'instant, realtime, or a multiple of real time such as 10 or 10x', readSpeed, 'instant')
    .option('--run-id <id>', 'store it as this run')
    .action(replay);
}

function readSpeed(text: string): Speed {
  if (text === 'instant' || text === 'realtime') return text;
  const factor = Number(text.replace(/x$/, '') || Number.NaN);
  if (Number.isFinite(factor) && factor > 0) return factor;
  throw new XTrackError('XT_ARGUMENT', { detail: `${text} is no speed: instant, realtime or a number above 0`, field: '--speed' });
}

async function replay(file: string, options: ReplayOptions): Promise<void> {
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  const { speed, runId } = options;
  const how = { speed, signal: interrupted.signal, ...(runId !== undefined && { runId }) };
  const report = await writing(options, (xtrack) => xtrack.replayFile(file, how));
  if (options.json) await printJson(report);
  else await print(...summary(report));
}

function summary({ runIds, events, duplicates, refused, skippedBytes, damaged, truncated }: ReplayReport): string[] {
  const lines = [
    `${events} events (${duplicates} known already, ${refused} refused) of ${runIds.length === 1 ? 'run' : 'runs'} ${runIds.join(', ') || '-'}`,
  ];
  if (damaged > 0) lines.push(`${damaged} places do not match their checksum: what was there is lost, and missing events show as gaps`);
  if (skippedBytes > 0) lines.push(`${skippedBytes} bytes that are no frames were skipped`);
  if (truncated !== null) lines.push(`the last frame, ${truncated.bytes} bytes at offset ${truncated.offset}, is only half there`);
  return lines;
}
