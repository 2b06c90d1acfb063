// Agents at a real training: the official SDK's client over a child process and over HTTP, and a run that obeys.

import { request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { getDefaultEnvironment, StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeyRing } from '../src/server/http/access/keys.js';
import { CommandLine, MAIN, type Started, WORKER } from './cli-harness.js';

const TRAIN = fileURLToPath(new URL('../examples/digits/train.py', import.meta.url));
const LIMIT_MS = 120_000;
const STEERING = ['pause_run', 'resume_run', 'checkpoint_now', 'set_learning_rate', 'update_params', 'stop_run'];

let cli: CommandLine;
let clients: Client[];

beforeEach(() => {
  cli = new CommandLine();
  clients = [];
});

afterEach(async () => {
  for (const client of clients) await client.close();
  cli.remove();
});

async function connect(transport: StdioClientTransport | StreamableHTTPClientTransport): Promise<Client> {
  const client = new Client({ name: 'tester', version: '1' });
  await client.connect(transport as Parameters<Client['connect']>[0]);
  clients.push(client);
  return client;
}

function overStdio(args: readonly string[] = [], env: Record<string, string> = {}): Promise<Client> {
  const place = { ...getDefaultEnvironment(), XTRACK_DATA: cli.directory, ...env };
  return connect(new StdioClientTransport({ command: process.execPath, args: [MAIN, 'mcp', ...args], env: place, stderr: 'pipe' }));
}

interface Called {
  readonly failed: boolean;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: each tool answers something else
  readonly json: any;
}

async function call(client: Client, name: string, input: Record<string, unknown> = {}): Promise<Called> {
  const { content, isError } = await client.callTool({ name, arguments: input });
  const [{ text }] = content as [{ text: string }];
  return { failed: isError === true, text, json: JSON.parse(text) };
}

async function beginTraining(): Promise<{ readonly training: Started; readonly runId: string }> {
  const training = cli.start('run', '--run-id', 'digits', '--', 'python3', TRAIN, '--epochs', '100000');
  await training.says(/train_loss=/);
  return { training, runId: 'digits' };
}

describe('an agent over stdio', () => {
  it('reads runs, and finds no tool that changes one', { timeout: LIMIT_MS }, async () => {
    await cli.run('run', '--run-id', 'a', '--name', 'first', '--experiment', 'e', '--', 'python3', WORKER, '1200', '0');
    await cli.run('run', '--run-id', 'b', '--experiment', 'e', '--tag', 'k=v', '--', 'python3', WORKER, '10', '0');
    const client = await overStdio();
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).not.toEqual(expect.arrayContaining([STEERING[0]]));
    expect(tools.every(({ annotations, inputSchema }) => annotations?.readOnlyHint === true && inputSchema.type === 'object')).toBe(true);

    const found = await call(client, 'search_runs', { query: 'metrics.acc > 0.95', columns: ['params.lr', 'min(metrics.loss)'] });
    expect(found.json.runs).toMatchObject([{ run_id: 'a', name: 'first', status: 'completed', values: { 'params.lr': 0.1 } }]);
    expect((await call(client, 'get_run', { run_id: 'a' })).json).toMatchObject({
      params: { lr: 0.1, 'model.depth': 3 },
      metrics: expect.arrayContaining([expect.objectContaining({ key: 'loss', phase: 'train', count: 1_200, first: 1 })]) as object,
      missing_events: 0,
    });
    expect((await call(client, 'list_metrics', { run_id: 'a', contains: 'lo' })).json).toMatchObject({
      total: 1,
      metrics: [{ key: 'loss' }],
    });
    const { series, by } = (await call(client, 'get_series', { run_id: 'a', key: 'loss', max_points: 50 })).json;
    expect(by).toBe('step');
    expect(series).toHaveLength(1);
    expect(series[0]).toMatchObject({ points: 1_200, columns: ['x', 'mean', 'min', 'max', 'count'] });
    expect(series[0].rows.length).toBeLessThanOrEqual(50);
    expect(Math.max(...series[0].rows.map((row: number[]) => row[3]))).toBe(1);
    expect((await call(client, 'get_series', { run_id: 'a', key: 'odd' })).json.series[0].rows[0]).toContain('NaN');
    expect((await call(client, 'get_logs', { run_id: 'a', text: 'to std' })).json.lines).toMatchObject([
      { logger: 'stdout' },
      { logger: 'stderr' },
    ]);
    expect((await call(client, 'compare_runs', { run_ids: ['a', 'b'] })).json).toMatchObject({ tags: [{ key: 'k', values: [null, 'v'] }] });
    expect((await call(client, 'best_run', { experiment_id: 'e', metric: 'loss' })).json.runs[0].run_id).toBe('a');
    expect((await call(client, 'list_experiments')).json.experiments).toMatchObject([{ experiment_id: 'e', runs: 2, live: 0 }]);
    expect((await call(client, 'list_checkpoints', { run_id: 'b' })).json).toMatchObject({ checkpoints: [], total: 0 });
    expect((await call(client, 'param_sensitivity', { experiment_id: 'e', metric: 'loss' })).json).toEqual({ params: [] });

    const { resources } = await client.listResources();
    expect(resources.map(({ uri }) => uri)).toEqual(['xtrack://runs/b', 'xtrack://runs/a']);
    const { contents } = await client.readResource({ uri: 'xtrack://runs/a' });
    expect(JSON.parse((contents[0] as { text: string }).text)).toMatchObject({ run_id: 'a', params: { lr: 0.1 } });
    const { messages } = await client.getPrompt({ name: 'explain_run', arguments: { run_id: 'a' } });
    expect(messages).toMatchObject([{ role: 'user', content: { text: expect.stringContaining('"run_id":"a"') as string } }]);
  });

  it('gets errors that say what to do', { timeout: LIMIT_MS }, async () => {
    await cli.run('run', '--run-id', 'a', '--', 'python3', WORKER, '3', '0');
    const client = await overStdio();
    const failures: [string, Record<string, unknown>, object][] = [
      ['get_run', { run_id: 'nobody' }, { code: 'XT_RUN_NOT_FOUND' }],
      ['get_run', {}, { code: 'XT_ARGUMENT', field: 'run_id' }],
      ['get_run', { run_id: 'a', runId: 'a' }, { code: 'XT_ARGUMENT', field: 'runId' }],
      ['search_runs', { query: 'metrics.loss <' }, { code: 'XT_SEARCH' }],
      ['get_series', { run_id: 'a', key: 'lss' }, { code: 'XT_METRIC_NOT_FOUND', message: expect.stringContaining('loss') as string }],
      ['get_series', { run_id: 'a', key: 'loss', max_points: 501 }, { code: 'XT_ARGUMENT', field: 'max_points' }],
      ['pause_run', { run_id: 'a', reason: 'because' }, { code: 'XT_FORBIDDEN' }],
      ['no_such_tool', {}, { code: 'XT_ARGUMENT' }],
    ];
    for (const [name, input, error] of failures) {
      const { failed, json } = await call(client, name, input);
      expect(json.error, name).toMatchObject({ ...error, remedy: expect.any(String) as string });
      expect(failed).toBe(true);
    }
    await expect(client.readResource({ uri: 'file:///etc/passwd' })).rejects.toThrow('XT_ARGUMENT');
  });

  it('steers a running training where it may, and its reasons are kept', { timeout: LIMIT_MS }, async () => {
    const { training } = await beginTraining();
    const client = await overStdio(['--scope', 'write']);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(STEERING));

    const run_id = 'latest';
    expect((await call(client, 'pause_run', { run_id })).json.error).toMatchObject({ code: 'XT_ARGUMENT', field: 'reason' });
    const reason = 'the loss stands still';
    expect((await call(client, 'pause_run', { run_id, reason })).json).toMatchObject({
      status: 'ok',
      recorded_by: `mcp:tester — ${reason}`,
    });
    expect((await call(client, 'set_learning_rate', { run_id, reason, lr: 0.004 })).json).toMatchObject({
      result: { lr: { old: 0.02, new: 0.004 } },
    });
    expect((await call(client, 'update_params', { run_id, reason, params: { lr: 7 } })).json.error).toMatchObject({
      message: expect.stringContaining('lr: 7 is above 1.0') as string,
    });
    expect((await call(client, 'resume_run', { run_id, reason })).json.status).toBe('ok');
    expect((await call(client, 'checkpoint_now', { run_id, reason })).json.status).toBe('ok');
    expect((await call(client, 'get_run', { run_id })).json).toMatchObject({
      knobs: [{ name: 'lr', value: 0.004, min: 1e-5, max: 1 }],
      changes: [{ name: 'lr', value: 0.004, by: `mcp:tester — ${reason}` }],
    });
    expect((await call(client, 'stop_run', { run_id, reason: 'done with it', grace_s: 60 })).json).toMatchObject({ stopping: true });
    await training.ended;
    const { commands } = await cli.json<{ commands: { command: string; issuedBy: string }[] }>('show', 'digits');
    expect(commands.map(({ command }) => command)).toEqual(['pause', 'adjust_lr', 'update_params', 'resume', 'checkpoint_now', 'stop']);
    expect(commands.every(({ issuedBy }) => issuedBy.startsWith('mcp:tester — '))).toBe(true);
    expect((await call(client, 'pause_run', { run_id, reason })).json.error).toMatchObject({ code: 'XT_RUN_NOT_LIVE' });
  });

  it('with a key sees what the key shows', { timeout: LIMIT_MS }, async () => {
    for (const experiment of ['open', 'closed'])
      await cli.run('run', '--run-id', experiment, '--experiment', experiment, '--', 'python3', WORKER, '2', '0');
    const { key } = KeyRing.open(cli.directory).create({ name: 'guest', scope: 'write', experiment: 'open' });
    const client = await overStdio([], { XTRACK_KEY: key });
    expect((await call(client, 'search_runs', { query: "name = 'x' or status = 'completed'" })).json.runs).toMatchObject([
      { run_id: 'open' },
    ]);
    expect((await call(client, 'list_experiments')).json.experiments).toMatchObject([{ experiment_id: 'open' }]);
    expect((await call(client, 'get_run', { run_id: 'latest' })).json.run_id).toBe('open');
    for (const [tool, input] of [
      ['get_run', { run_id: 'closed' }],
      ['get_logs', { run_id: 'closed' }],
      ['compare_runs', { run_ids: ['open', 'closed'] }],
      ['pause_run', { run_id: 'closed', reason: 'just so' }],
    ] as const)
      expect((await call(client, tool, input)).json.error, tool).toMatchObject({ code: 'XT_RUN_NOT_FOUND' });
    expect((await call(client, 'best_run', { experiment_id: 'closed', metric: 'loss' })).json.error).toMatchObject({
      code: 'XT_FORBIDDEN',
    });
    expect((await call(client, 'pause_run', { run_id: 'open', reason: 'just so' })).json.error).toMatchObject({ code: 'XT_RUN_NOT_LIVE' });
    const outcome = await cli.run('mcp', '--key', `${key.slice(0, -1)}~`);
    expect(outcome.stderr).toContain('XT_UNAUTHENTICATED');
  });

  it('is told which package is missing', async () => {
    const inline = (text: string): string => `data:text/javascript,${encodeURIComponent(text).replaceAll("'", '%27')}`;
    const resolve = `(name, context, next) => { if (name.startsWith("@modelcontextprotocol")) throw new Error("none"); return next(name, context); }`;
    const hooks = inline(`export const resolve = ${resolve};`);
    const start = inline(`import { register } from "node:module"; register("${hooks}");`);
    const { code, stderr } = await cli.with({ NODE_OPTIONS: `--import=${start}` }).run('mcp');
    expect(stderr).toContain('XT_PACKAGE: it needs the package @modelcontextprotocol/sdk: run `npm install @modelcontextprotocol/sdk`');
    expect(code).toBe(3);
  });

  it('ends with its client', { timeout: LIMIT_MS }, async () => {
    await cli.run('run', '--', 'true');
    const server = cli.start('mcp');
    server.child.stdin?.end();
    expect((await server.ended).code).toBe(0);
  });
});

describe('an agent over HTTP', () => {
  async function serve(): Promise<{ readonly url: URL; readonly keys: KeyRing }> {
    const server = cli.start('mcp', '--http', '--port', '0');
    await server.says(/MCP on (http\S+);/);
    return { url: new URL(/MCP on (http\S+);/.exec(server.stderr)?.[1] as string), keys: KeyRing.open(cli.directory) };
  }

  it('does what its key allows', { timeout: LIMIT_MS }, async () => {
    const { training } = await beginTraining();
    const { url, keys } = await serve();
    const as = (scope: 'read' | 'write'): Promise<Client> => {
      const { key } = keys.create({ name: `${scope}er`, scope });
      return connect(new StreamableHTTPClientTransport(url, { requestInit: { headers: { authorization: `Bearer ${key}` } } }));
    };
    const reader = await as('read');
    expect((await call(reader, 'get_run', { run_id: 'digits' })).json).toMatchObject({ status: 'training' });
    expect((await call(reader, 'stop_run', { run_id: 'digits', reason: 'no more' })).json.error).toMatchObject({ code: 'XT_FORBIDDEN' });
    const writer = await as('write');
    expect((await call(writer, 'stop_run', { run_id: 'digits', reason: 'no more' })).json).toMatchObject({
      recorded_by: 'mcp:writeer — no more',
    });
    expect((await training.ended).code).toBe(0);
  });

  it('is refused without a key, from another site, and with what is no request', { timeout: LIMIT_MS }, async () => {
    await cli.run('run', '--', 'true');
    const { url, keys } = await serve();
    const { key } = keys.create({ name: 'k', scope: 'read' });
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
    const status = async (more: Record<string, string>, init: RequestInit = {}, path = url): Promise<number> =>
      (await fetch(path, { method: 'POST', headers: { ...headers, ...more }, body, ...init })).status;
    expect(await status({})).toBe(200);
    expect(await status({ authorization: '' })).toBe(401);
    expect(await status({ authorization: `Bearer ${key.slice(0, -1)}` })).toBe(401);
    expect(await status({ origin: 'http://evil.example' })).toBe(403);
    expect(await status({ origin: 'null' })).toBe(403);
    expect(await status({ origin: url.origin })).toBe(200);
    expect(await status({ 'content-type': 'text/plain' })).toBe(415);
    expect(await status({}, { body: '{' })).toBe(400);
    expect(await status({}, { body: JSON.stringify('x'.repeat(1024 * 1024)) })).toBe(413);
    expect(await status({}, {}, new URL('/other', url))).toBe(404);
    expect((await fetch(url, { headers })).status).toBe(405);
    // fetch names the host itself.
    const asHost = (host: string): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const sent = request(url, { method: 'POST', headers: { ...headers, host } }, (response) => resolve(response.resume().statusCode));
        sent.on('error', reject).end(body);
      });
    expect(await asHost(`localhost:${url.port}`)).toBe(200);
    for (const host of ['evil.example', `evil.example:${url.port}`, '127.0.0.1']) expect(await asHost(host), host).toBe(421);
  });
});
