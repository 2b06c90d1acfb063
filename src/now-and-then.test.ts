import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { followRun } from './cli/follow.js';
import { type StreamItem, XTrack } from './index.js';
import { nowAndThen } from './now-and-then.js';

describe('listening and looking', () => {
  it('gives every item, and undefined while none comes', async () => {
    const found: (number | undefined)[] = [];
    let told: (() => void) | undefined;
    const silence = new Promise<void>((resolve) => {
      told = resolve;
    });
    async function* items(): AsyncGenerator<number> {
      yield 1;
      await silence;
      yield 2;
    }
    for await (const item of nowAndThen(items(), 20)) {
      found.push(item);
      if (item === undefined) told?.();
    }
    expect(found.filter((item) => item !== undefined)).toEqual([1, 2]);
    expect(found).toContain(undefined);
  });

  it('ends with a run that another control plane holds, of which nothing is streamed here', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'xtrack-looking-'));
    const [holder, other] = [await XTrack.start({ directory }), await XTrack.start({ directory })];
    try {
      const { runId } = await holder.startRun({ command: process.execPath, args: ['-e', 'setTimeout(() => 0, 500)'] });
      const silent = async (_runId: string, signal: AbortSignal): Promise<AsyncIterable<StreamItem>> => other.subscribe(runId, { signal });
      const following = (async () => {
        let status = '';
        for await (const update of followRun({ reader: other, subscribe: silent }, runId, new AbortController().signal))
          if (update.kind === 'run') status = update.run.status;
        return status;
      })();
      expect((await other.waitForRun(runId)).status).toBe('completed');
      expect(await following).toBe('completed');
    } finally {
      await other.close();
      await holder.close();
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
