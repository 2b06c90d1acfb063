// `xtrack search` as a person or a script meets it.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteStore } from '../src/storage/sqlite/store.js';
import { SampleRun, sampleRecord } from '../src/testing/sample-run.js';
import { CommandLine } from './cli-harness.js';

const cli = new CommandLine();

interface Page {
  readonly runs: readonly { readonly runId: string; readonly values: Readonly<Record<string, unknown>> }[];
  readonly cursor: string | null;
}

beforeAll(async () => {
  const store = await openSqliteStore({ directory: cli.directory });
  for (let at = 0; at < 5; at++) {
    const run = new SampleRun(`run-${at}`)
      .param({ seq: 1, key: 'lr', value: 0.1 * at })
      .metric({ seq: 2, key: 'val/loss', value: 1 / (at + 1) });
    const change = {
      name: `sweep-${at}`,
      experimentId: 'exp',
      createdAt: 1_700_000_000_000_000 + at,
      tags: { model: at > 2 ? 'vit' : 'mlp\u001b[31m' },
    };
    await store.commit(run.take({ runs: [sampleRecord(run.runId, { ...change, status: at % 2 === 0 ? 'completed' : 'failed' })] }));
  }
  await store.close();
});

afterAll(() => cli.remove());

const ids = ({ runs }: Page): string[] => runs.map(({ runId }) => runId);

describe('xtrack search', () => {
  it('shows the runs found with the values that were asked for', async () => {
    const { code, stdout } = await cli.run('search', "metrics.val/loss < 0.4 and status = 'completed' order by params.lr desc");
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^RUN +STATUS +NAME +lr +val\/loss +STARTED$/);
    expect(lines[1]).toMatch(/^run-4 +completed +sweep-4 +0\.4 +0\.2 +-$/);
  });

  it('takes the words as one search, and chosen columns', async () => {
    const page = await cli.json<Page>('search', 'sweep', 'limit', '2', '--columns', 'params.lr,1 - metrics.val/loss,tags.model');
    expect(ids(page)).toEqual(['run-4', 'run-3']);
    expect(page.runs[1]?.values).toEqual({ 'params.lr': 0.1 * 3, '1 - metrics.val/loss': 0.75, 'tags.model': 'vit' });
  });

  it('goes on from page to page by the cursor', async () => {
    const first = await cli.json<Page>('search', 'order by params.lr', '--limit', '3');
    const second = await cli.json<Page>('search', 'order by params.lr', '--limit', '3', '--cursor', first.cursor as string);
    expect([ids(first), ids(second), second.cursor]).toEqual([['run-0', 'run-1', 'run-2'], ['run-3', 'run-4'], null]);
  });

  it('points at what it does not understand', async () => {
    const { code, stdout, stderr } = await cli.run('search', 'metrics.val/loss < 3 and staus = 4');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`  metrics.val/loss < 3 and staus = 4\n${' '.repeat(2 + 25)}^\n`);
    expect(stderr).toContain('did you mean status?');
    const json = await cli.run('search', 'staus = 4', '--json');
    expect(JSON.parse(json.stderr)).toMatchObject({ error: { code: 'XT_SEARCH', message: expect.stringContaining('column 1') } });
  });

  it('says which key was probably meant where nothing is found', async () => {
    const { code, stderr } = await cli.run('search', 'metrics.val/los > 3');
    expect(code).toBe(0);
    expect(stderr).toContain('no run has metrics.val/los; did you mean metrics.val/loss?');
  });

  it('stays within a narrow terminal, and lets no name reach it unharmed', async () => {
    const { stdout } = await cli.inTerminal(40, 20, 'search', "tags.model ilike 'MLP%' order by tags.model, metrics.val/loss, params.lr")
      .ended;
    const lines = stdout.split(/\r?\n/).filter((line) => line.includes('sweep') || line.includes('NAME'));
    expect(lines).toHaveLength(4);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(40);
    expect(stdout).not.toContain('\u001b[31m');
  });
});

describe('xtrack best, compare and sensitivity', () => {
  it('rank the runs of an experiment', async () => {
    const { stdout } = await cli.run('best', 'exp', 'val/loss', '--limit', '2');
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/ +/).slice(0, 4).join(' ')),
    ).toEqual(['RUN STATUS NAME VALUE', 'run-4 completed sweep-4 0.2', 'run-3 failed sweep-3 0.25']);
    expect(await cli.json('best', 'exp', 'val/loss', '--mode', 'max', '--limit', '1')).toMatchObject([{ runId: 'run-0', value: 1 }]);
    expect((await cli.run('best', 'exp', 'nothing')).code).toBe(4);
    expect((await cli.run('best', 'exp', 'val/loss', '--mode', 'most')).code).toBe(2);
  });

  it('show what differs between runs', async () => {
    const { stdout } = await cli.run('compare', 'run-0', 'run-3');
    expect(stdout).toMatch(/^lr +0 +0\.3/m);
    expect(stdout).toMatch(/^val\/loss last \(min\) +1 \(1\) +0\.25 \(0\.25\) \*$/m);
    expect(await cli.json('compare', 'run-0', 'run-3')).toMatchObject({ params: [{ key: 'lr' }], tags: [{ key: 'model' }] });
    expect((await cli.run('compare', 'run-0')).code).toBe(2);
  });

  it('tell which params a metric hangs on', async () => {
    const { stdout, stderr } = await cli.run('sensitivity', 'exp', 'val/loss');
    expect(stdout).toMatch(/^lr +- +-1\.00 +5 +0\.4 \(0\.2\) +0\.3 \(0\.25\)/m);
    expect(stderr).toContain('importance needs 8 runs');
  });
});
