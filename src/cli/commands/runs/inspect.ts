// `xtrack inspect FILE`: what is in an event log, one JSON object a line, without a store.

import { Command } from 'commander';
import { type FileItem, streamFile } from '../../../index.js';
import { errorDetail } from '../../../server/control/wire.js';
import type { CommonOptions } from '../../context.js';
import { toJson, write } from '../../output.js';

export function inspectCommand(): Command {
  return new Command('inspect')
    .description('print the frames of an event log as JSON lines: hello, event, refused, skipped')
    .argument('<file>', 'file of frames')
    .action(inspect);
}

async function inspect(file: string, _options: CommonOptions): Promise<void> {
  for await (const item of streamFile(file)) await write(`${toJson(lineOf(item))}\n`);
}

function lineOf(item: FileItem): object {
  switch (item.kind) {
    case 'message': {
      const { type } = item.message;
      const kind = type === 'hello' || type === 'heartbeat' ? type : 'event';
      const warnings = item.warnings === undefined || item.warnings.length === 0 ? {} : { warnings: item.warnings };
      return { kind, bytes: item.bytes.length, ...item.message, ...warnings };
    }
    case 'refused':
      return { kind: 'refused', ...errorOf(item.error), event: item.event };
    case 'skipped':
      return { kind: 'skipped', ...errorOf(item.error), offset: item.offset, length: item.length };
  }
}

function errorOf(error: Extract<FileItem, { kind: 'skipped' }>['error']): object {
  return { code: error.code, message: errorDetail(error), ...(error.field !== undefined && { field: error.field }) };
}
