// The page of a server steers the run of another process: a real training under a bare `xtrack run`, beside a server on the same data
// directory that does not hold it.

import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RunsAnywhere } from '../src/server/control/runs-anywhere.js';
import { KeyRing } from '../src/server/http/access/keys.js';
import { type HttpServer, startHttpServer } from '../src/server/http/app.js';
import { XTrack } from '../src/xtrack.js';
import { CommandLine, type Started } from './cli-harness.js';
import { EventStream } from './support/event-stream.js';

const TRAIN = fileURLToPath(new URL('../examples/digits/train.py', import.meta.url));
const LIMIT_MS = 120_000;

let cli: CommandLine;
let training: Started;
let xtrack: XTrack;
let server: HttpServer;
let stream: EventStream;
let headers: { authorization: string };

beforeEach(async () => {
  cli = new CommandLine();
  training = cli.start('run', '--run-id', 'theirs', '--', 'python3', TRAIN, '--epochs', '100000');
  xtrack = await XTrack.start({ directory: cli.directory });
  const keys = KeyRing.open(null);
  server = await startHttpServer(xtrack, { port: 0, keys });
  headers = { authorization: `Bearer ${keys.firstToken}` };
  stream = await EventStream.open(`${server.url}api/v1/events`, headers);
});

afterEach(async () => {
  stream.close();
  await server.close();
  await xtrack.close();
  await cli.remove();
});

type Json = Readonly<Record<string, unknown>>;

async function post(path: string, body: object): Promise<{ status: number; body: Json }> {
  const response = await fetch(`${server.url}api/v1/runs/theirs/${path}`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Json };
}

const itemsOf = (type: string): Json[] => stream.items.filter((item) => item.type === type);
const statuses = (): unknown[] => itemsOf('run_changed').map(({ run }) => (run as Json).status);
const commands = (): Json[] => itemsOf('command_changed').map(({ command }) => command as Json);

test('a run of another process is followed, commanded, renamed and stopped', { timeout: LIMIT_MS }, async () => {
  await expect.poll(async () => (await xtrack.getRun('theirs')).status, { timeout: LIMIT_MS / 2 }).toBe('training');
  await stream.waitFor(() => itemsOf('run_touched').length > 1);
  await expect(xtrack.sendCommand('theirs', 'pause')).rejects.toMatchObject({ code: 'XT_RUN_OWNED' });

  const seen = await fetch(`${server.url}api/v1/runs/theirs`, { headers });
  expect(await seen.json()).toMatchObject({ live: true, reachable: true });

  const paused = await post('commands?wait=1', { type: 'pause' });
  expect(paused).toMatchObject({ status: 200, body: { command: 'pause', status: 'ok', issuedBy: 'owner' } });
  await stream.waitFor(() => statuses().at(-1) === 'paused');

  const given = await post('commands', { type: 'adjust_lr', payload: { lr: 0.004 } });
  expect(given).toMatchObject({ status: 202, body: { status: 'sent' } });
  const { commandId } = given.body;
  await stream.waitFor(() => commands().some((command) => command.commandId === commandId && command.status === 'ok'));
  expect((await xtrack.getChanges('theirs')).at(-1)).toMatchObject({ name: 'lr', value: 0.004, by: 'owner' });

  const refused = await post('commands?wait=1', { type: 'adjust_lr', payload: { lr: 7 } });
  expect(refused).toMatchObject({ status: 200, body: { status: 'error', error: 'lr: 7 is above 1.0' } });

  const edited = await new RunsAnywhere(xtrack).update('theirs', { name: 'renamed', tags: { stage: 'tuned' } });
  expect(edited).toMatchObject({ name: 'renamed', tags: { stage: 'tuned' } });
  await stream.waitFor(() => itemsOf('run_changed').some(({ run }) => (run as Json).name === 'renamed'));

  expect((await post('commands?wait=1', { type: 'resume' })).body).toMatchObject({ status: 'ok' });
  expect(await post('stop', { graceMs: 20_000 })).toMatchObject({ status: 202 });
  await training.ended;
  await stream.waitFor(() => ['completed', 'killed'].includes(statuses().at(-1) as string));
  expect((await post('commands', { type: 'pause' })).body).toMatchObject({ code: 'XT_RUN_NOT_LIVE' });
});
