import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EventStream } from '../../../../test/support/event-stream.js';
import { Peer } from '../../../../test/support/peer.js';
import type { TcpServer } from '../../../transports/listen/tcp.js';
import { XTrack } from '../../../xtrack.js';
import { KeyRing } from '../access/keys.js';
import { type HttpServer, startHttpServer } from '../app.js';

let xtrack: XTrack;
let tcp: TcpServer;
let server: HttpServer;
let keys: KeyRing;
const open: { close(): void }[] = [];

beforeEach(async () => {
  xtrack = await XTrack.start({ store: 'memory' });
  tcp = await xtrack.startTcpServer({ port: 0 });
  keys = KeyRing.open(null);
  server = await startHttpServer(xtrack, { port: 0, keys });
});

afterEach(async () => {
  for (const each of open.splice(0)) each.close();
  await server.close();
  await xtrack.close();
});

async function follow(query = '', options: { key?: string | null; lastId?: string } = {}): Promise<EventStream> {
  const { key = keys.firstToken, lastId } = options;
  const headers = { ...(key !== null && { authorization: `Bearer ${key}` }), ...(lastId !== undefined && { 'last-event-id': lastId }) };
  const stream = await EventStream.open(`${server.url}api/v1/events${query}`, headers);
  open.push(stream);
  return stream;
}

async function worker(runId: string, experimentId?: string, tags: Record<string, string> = {}): Promise<Peer> {
  const peer = new Peer({ port: tcp.port }, { runId });
  open.push(peer);
  await peer.hello();
  peer.send({ type: 'run_start', tags, ...(experimentId !== undefined && { experimentId }) });
  await peer.acked(1);
  return peer;
}

/** Metrics of the values from `from` to `to`, acknowledged. */
async function log(peer: Peer, from: number, to: number): Promise<void> {
  for (let value = from; value <= to; value += 1) peer.send({ type: 'metric', key: 'loss', value, step: value });
  await peer.acked(peer.seq);
}

const valuesOf = (stream: EventStream): unknown[] => stream.items.filter(({ type }) => type === 'metric').map(({ value }) => value);
const runsOf = (stream: EventStream): unknown[] => [
  ...new Set(stream.items.map(({ runId, run }) => runId ?? (run as { runId: string }).runId)),
];
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);

describe('the live stream', () => {
  it('tells what is committed, in order, with names and numbers as JSON has them', async () => {
    const stream = await follow();
    const peer = await worker('a', 'digits');
    peer.send({ type: 'metric', key: 'loss', value: Number.NaN, step: 1 });
    peer.send({
      type: 'metric_batch',
      metrics: new Map([
        ['__proto__', 1],
        ['2', Number.NEGATIVE_INFINITY],
        ['1', 0.5],
      ]),
      step: 2,
    });
    await peer.acked(3);
    await stream.waitFor(() => stream.items.some(({ type }) => type === 'metric_batch'));
    const [metric] = stream.items.filter(({ type }) => type === 'metric');
    expect(metric).toMatchObject({ runId: 'a', worker: '', seq: 2, key: 'loss', value: 'NaN', step: 1 });
    const [batch] = stream.items.filter(({ type }) => type === 'metric_batch');
    expect(Object.entries(batch?.metrics as object)).toEqual(
      expect.arrayContaining([
        ['__proto__', 1],
        ['2', '-Infinity'],
        ['1', 0.5],
      ]),
    );
    const [changed] = stream.items.filter(({ type }) => type === 'run_changed');
    expect(changed?.run).toMatchObject({ runId: 'a', status: 'running', experimentId: 'digits', archived: false, error: null });
  });

  it('goes on behind the message that a client has read last: nothing twice, nothing lost', async () => {
    const stream = await follow();
    const peer = await worker('a');
    await log(peer, 1, 50);
    await stream.waitFor(() => valuesOf(stream).length === 50);
    const { lastId } = stream;
    stream.close();
    await log(peer, 51, 90);
    // As a browser does that connects again by itself: the address is the first one, the header the newest.
    const again = await follow('?lastEventId=abcdef-0', { lastId });
    await log(peer, 91, 120);
    await again.waitFor(() => valuesOf(again).length >= 70);
    expect(valuesOf(again)).toEqual(range(51, 120));
    expect(again.messages.every(({ event }) => event === 'items')).toBe(true);
  });

  it('goes on exactly from every message of a stream, in the middle of its filter too', async () => {
    const stream = await follow('?types=metric');
    const peer = await worker('a');
    for (const part of [1, 2, 3, 4]) {
      await log(peer, part * 10 - 9, part * 10);
      await stream.waitFor(() => valuesOf(stream).length === part * 10);
    }
    stream.close();
    for (const [at, { id }] of stream.messages.entries()) {
      const again = await follow('?types=metric', { lastId: id });
      const rest = stream.messages.slice(at + 1).flatMap(({ data }) => (data as { value: number }[]).map(({ value }) => value));
      await log(peer, 99, 99);
      await again.waitFor(() => valuesOf(again).includes(99));
      expect(valuesOf(again).filter((value) => value !== 99)).toEqual(rest);
      again.close();
    }
  });

  it.each(['nonsense', 'abcdef012345-3', '-1', `${'9'.repeat(40)}-1`])('is reset where the last message is %s', async (lastId) => {
    const stream = await follow('', { lastId });
    await stream.waitFor(() => stream.messages.length > 0);
    expect(stream.messages[0]).toMatchObject({ event: 'reset', data: { reason: expect.any(String) } });
    const again = await follow('', { lastId: stream.lastId });
    const peer = await worker('a');
    await log(peer, 1, 1);
    await again.waitFor(() => valuesOf(again).length === 1);
    expect(again.messages.some(({ event }) => event === 'reset')).toBe(false);
  });

  it('tells only of the runs, the experiment and the types asked for', async () => {
    const byRun = await follow('?runs=a,c');
    const byExperiment = await follow('?experiment=digits');
    const byType = await follow('?types=log');
    const all = await follow();
    for (const [runId, experiment] of [
      ['a', 'digits'],
      ['b', 'digits'],
      ['c', undefined],
      ['d', 'faces'],
    ] as const) {
      const peer = await worker(runId, experiment);
      peer.send({ type: 'log', level: 'info', message: runId });
      await log(peer, 1, 1);
    }
    await all.waitFor(() => valuesOf(all).length === 4);
    await byRun.waitFor(() => valuesOf(byRun).length === 2);
    await byExperiment.waitFor(() => valuesOf(byExperiment).length === 2);
    await byType.waitFor(() => byType.items.length === 4);
    expect(runsOf(byRun)).toEqual(['a', 'c']);
    expect(runsOf(byExperiment)).toEqual(['a', 'b']);
    expect(byType.items.map(({ message }) => message)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('tells a key for one experiment of nothing else, and who has no key of public runs alone', async () => {
    const { key } = keys.create({ name: 'guest', scope: 'read', experiment: 'digits' });
    const all = await follow();
    const guest = await follow('', { key });
    const nobody = await follow('', { key: null });
    for (const [runId, experiment] of [
      ['a', 'digits'],
      ['b', 'faces'],
      ['c', undefined],
    ] as const)
      await log(await worker(runId, experiment), 1, 1);
    // All clients are written to together: what came so far is through.
    await all.waitFor(() => valuesOf(all).length === 3);
    await xtrack.updateRun('b', { public: true });
    await all.waitFor(() => all.items.some(({ type, run }) => type === 'run_changed' && (run as { public: boolean }).public));
    await log(await worker('d', 'digits'), 1, 1);
    await guest.waitFor(() => guest.items.some(({ type, runId }) => type === 'metric' && runId === 'd'));
    await nobody.waitFor(() => runsOf(nobody).includes('b'));
    expect(runsOf(guest)).toEqual(['a', 'b', 'd']);
    expect(valuesOf(guest)).toEqual([1, 1]);
    // Of `b`, what is told from its publication on.
    expect(runsOf(nobody)).toEqual(['b']);
    expect(valuesOf(nobody)).toEqual([]);
  });

  it('ends with the key that opened it', async () => {
    const { key, id } = keys.create({ name: 'guest', scope: 'read' });
    const stream = await follow('', { key });
    const other = await follow();
    keys.revoke(id);
    await stream.waitFor(() => stream.closed);
    expect(other.closed).toBe(false);
  });

  it('tells of commands as they go, and of runs that are deleted', async () => {
    const stream = await follow('?types=command_changed,run_deleted,run_changed');
    const peer = await worker('a');
    const { record, answered } = await xtrack.issueCommand('a', 'pause', {}, { by: 'ada' });
    const command = await peer.command();
    peer.send({ type: 'command_result', commandId: command.commandId, status: 'ok', result: { step: 3 } });
    await answered;
    peer.send({ type: 'run_end', status: 'completed' });
    await peer.acked(peer.seq);
    await xtrack.deleteRun('a');
    await xtrack.purgeRun('a');
    await stream.waitFor(() => stream.items.filter(({ type }) => type === 'run_deleted').length === 2);
    const commands = stream.items.filter(({ type }) => type === 'command_changed').map((item) => item.command as Record<string, unknown>);
    expect(commands.map(({ status }) => status)).toEqual(['sent', 'ok']);
    expect(commands[1]).toMatchObject({ commandId: record.commandId, issuedBy: 'ada', result: { step: 3 } });
  });

  it('is refused without a filter that can be read', async () => {
    const answer = await fetch(`${server.url}api/v1/events?runs=`, { headers: { authorization: `Bearer ${keys.firstToken}` } });
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([400, 'XT_ARGUMENT']);
  });

  it('is closed with the server, which does not wait for it', async () => {
    const stream = await follow();
    await server.close();
    await stream.waitFor(() => stream.closed);
    server = await startHttpServer(xtrack, { port: 0, keys });
  });
});
