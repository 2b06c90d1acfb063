import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LogEntry, type StreamItem, XTrack } from '../index.js';
import { type Followed, followRun, type Update } from './follow.js';

let xtrack: XTrack;

beforeEach(async () => {
  xtrack = await XTrack.start({ store: 'memory' });
});

afterEach(async () => {
  await xtrack.close();
});

const COUNTING = 'for (let n = 1; n <= 200; n += 1) console.log("line " + n);';

async function start(script: string): Promise<string> {
  return (await xtrack.startRun({ command: process.execPath, args: ['-e', script] })).runId;
}

async function follow(runId: string, subscribe: Followed['subscribe']): Promise<Update[]> {
  const updates: Update[] = [];
  for await (const update of followRun({ reader: xtrack, subscribe }, runId, new AbortController().signal)) updates.push(update);
  return updates;
}

function printed(updates: readonly Update[]): string[] {
  const entries = updates.flatMap((update) => (update.kind === 'log' ? [update.entry] : []));
  return entries.filter((entry) => entry.logger === 'stdout').map((entry) => entry.message);
}

const EVERY_LINE = Array.from({ length: 200 }, (_, at) => `line ${at + 1}`);

describe('following a run', () => {
  it('gives every captured line once, in order, and ends with the run', async () => {
    const updates = await follow(await start(COUNTING), async (runId, signal) => xtrack.subscribe(runId, { signal }));
    expect(printed(updates)).toEqual(EVERY_LINE);
    const last = updates.at(-1);
    expect(last?.kind === 'run' && last.run.status).toBe('completed');
  });

  it('does so from the store alone, where nothing is streamed', async () => {
    expect(printed(await follow(await start(COUNTING), async () => undefined))).toEqual(EVERY_LINE);
  });

  it('does so for a run that ended long ago', async () => {
    const runId = await start(COUNTING);
    await xtrack.waitForRun(runId);
    expect(printed(await follow(runId, async (id, signal) => xtrack.subscribe(id, { signal })))).toEqual(EVERY_LINE);
  });

  it('reads from the store what a slow subscriber missed', async () => {
    const slow = `${COUNTING} setTimeout(() => {}, 300);`;
    const updates = await follow(await start(slow), async (runId, signal) => xtrack.subscribe(runId, { signal, maxQueue: 1 }));
    expect(printed(updates)).toEqual(EVERY_LINE);
  });

  it('says when the control plane is gone and when it is back, and leaves no line out between', async () => {
    const runId = await start(
      `let n = 0; const timer = setInterval(() => { console.log("line " + ++n); if (n === 200) clearInterval(timer); }, 5);`,
    );
    let calls = 0;
    const updates = await follow(runId, async (id, signal) => {
      calls += 1;
      if (calls === 2) return undefined;
      return calls === 1 ? dying(xtrack.subscribe(id, { signal, types: ['log'] })) : xtrack.subscribe(id, { signal });
    });
    expect(printed(updates)).toEqual(EVERY_LINE);
    expect(updates.filter((update) => update.kind === 'contact').map((update) => update.live)).toEqual([false, true]);
  });

  it('ends on abort, and throws XT_RUN_NOT_FOUND for a run that is not there', async () => {
    const runId = await start('setInterval(() => 0, 1000)');
    const leave = new AbortController();
    for await (const update of followRun({ reader: xtrack, subscribe: async () => undefined }, runId, leave.signal)) {
      if (update.kind === 'run') leave.abort();
    }
    await xtrack.stopRun(runId, { graceMs: 500 });
    await expect(follow('nobody', async () => undefined)).rejects.toMatchObject({ code: 'XT_RUN_NOT_FOUND' });
  });
});

/** The stream of a control plane that dies after a few items. */
async function* dying(items: AsyncIterable<StreamItem>): AsyncGenerator<StreamItem> {
  let left = 5;
  for await (const item of items) {
    yield item as LogEntry;
    left -= 1;
    if (left === 0) return;
  }
}
