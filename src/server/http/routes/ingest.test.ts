import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Peer } from '../../../../test/support/peer.js';
import { encodeEvent, eventJson, type TrackEvent, type WorkerMessage } from '../../../protocol/index.js';
import type { IngestReport } from '../../../transports/recorded/ingest.js';
import { XTrack } from '../../../xtrack.js';
import { KeyRing } from '../access/keys.js';
import { type HttpServer, startHttpServer } from '../app.js';

let directory: string;
let xtrack: XTrack;
let server: HttpServer;
let keys: KeyRing;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'xtrack-ingest-'));
  xtrack = await XTrack.start({ directory });
  keys = KeyRing.open(directory);
  server = await startHttpServer(xtrack, { port: 0, keys });
});

afterEach(async () => {
  await server.close();
  await xtrack.close();
  rmSync(directory, { recursive: true, force: true });
});

const FRAMES = 'application/octet-stream';
const LINES = 'application/x-ndjson';
const JSON_TYPE = 'application/json';

interface Answer extends IngestReport {
  readonly status: number;
  readonly code?: string;
}

async function post(body: Uint8Array | string, type: string, key = keys.firstToken): Promise<Answer> {
  const headers = { 'content-type': type, authorization: `Bearer ${key}` };
  const response = await fetch(`${server.url}api/v1/events`, { method: 'POST', headers, body: body });
  return { status: response.status, ...((await response.json()) as IngestReport) };
}

type Body<E> = E extends TrackEvent ? Omit<E, 'runId' | 'worker' | 'incarnation' | 'seq' | 'ts'> : never;

function event(runId: string, seq: number, body: Body<TrackEvent>, worker = ''): TrackEvent {
  return { runId, worker, incarnation: 'inc-1', seq, ts: 1_700_000_000_000_000 + seq, ...body } as TrackEvent;
}

/** The start of a run and `count` values of a metric. */
function sample(runId: string, count: number, experimentId?: string): TrackEvent[] {
  const metrics = Array.from({ length: count }, (_, at) => event(runId, at + 2, { type: 'metric', key: 'loss', value: at, step: at }));
  return [event(runId, 1, { type: 'run_start', ...(experimentId !== undefined && { experimentId }) }), ...metrics];
}

const frames = (messages: readonly WorkerMessage[]): Buffer => Buffer.concat(messages.map(encodeEvent));
const lines = (messages: readonly WorkerMessage[]): string => messages.map(eventJson).join('\n');

describe('events over HTTP', () => {
  it.each([
    ['frames', FRAMES, (events: TrackEvent[]) => frames(events)],
    ['JSON lines', LINES, (events: TrackEvent[]) => `${lines(events)}\n\n`],
    ['an array of JSON', JSON_TYPE, (events: TrackEvent[]) => `[${events.map(eventJson).join(',')}]`],
  ])('are stored when the answer comes, and once however often they are sent: %s', async (_name, type, form) => {
    const body = form(sample('a', 3_000, 'digits'));
    const first = await post(body, type);
    expect(first).toEqual({
      status: 200,
      accepted: 3_001,
      duplicates: 0,
      refused: [],
      refusedCount: 0,
      acks: [{ runId: 'a', worker: '', incarnation: 'inc-1', seq: 3_001 }],
    });
    expect((await xtrack.getMetrics('a', 'loss'))[0]?.total).toBe(3_000);
    expect((await xtrack.getRun('a')).experimentId).toBe('digits');
    expect(await post(body, type)).toMatchObject({ accepted: 0, duplicates: 3_001, acks: [{ seq: 3_001 }] });
  });

  it('may be one JSON object, and name no run: it gets one', async () => {
    const answer = await post(eventJson(event('', 1, { type: 'run_start', name: 'mine' })), JSON_TYPE);
    expect(answer).toMatchObject({ accepted: 1, refused: [] });
    expect((await xtrack.getRun(answer.acks[0]?.runId ?? '')).name).toBe('mine');
  });

  it('take the NaN that Python writes', async () => {
    const line = eventJson(event('a', 1, { type: 'metric', key: 'loss', value: Number.NaN })).replace('"NaN"', 'NaN');
    expect(line).toContain(':NaN');
    expect(await post(line, LINES)).toMatchObject({ accepted: 1 });
  });

  it('are refused one by one, with their place in the body, and the rest is taken', async () => {
    const [start, ...metrics] = sample('a', 3).map(eventJson) as [string, ...string[]];
    const wrong = metrics[1]?.replace('"key":"loss",', '') ?? '';
    const body = [
      start,
      metrics[0],
      wrong,
      'no json',
      metrics[2],
      '{"v":1}',
      eventJson(event('a', 9, { type: 'log', level: 'info', message: 'x' }, '$xtrack')),
    ];
    const answer = await post(body.join('\n'), LINES);
    expect(answer.accepted).toBe(3);
    expect(answer.refused.map(({ index, code, field }) => [index, code, field])).toEqual([
      [2, 'XT_FIELD_REQUIRED', 'p.key'],
      [3, 'XT_FRAME_JSON', null],
      [5, 'XT_ENVELOPE', 't'],
      [6, 'XT_WORKER_RESERVED', 'm.wid'],
    ]);
    expect((await xtrack.getWarnings('a')).map(({ code }) => code)).toContain('XT_FIELD_REQUIRED');
  });

  it('are found around damage in a stream of frames', async () => {
    const events = sample('a', 4).map(encodeEvent);
    const body = Buffer.concat([...events.slice(0, 2), Buffer.from('not a frame at all'), ...events.slice(2), Buffer.alloc(5_000)]);
    const answer = await post(body, FRAMES);
    expect(answer).toMatchObject({ accepted: 5, refusedCount: 1 });
  });

  it('name at most 1,000 of those that are refused', async () => {
    const answer = await post('x\n'.repeat(5_000), LINES);
    expect([answer.refused.length, answer.refusedCount, answer.accepted]).toEqual([1_000, 5_000, 0]);
  });
});

describe('a key for one experiment', () => {
  it('writes to its runs alone; what is of others is refused and the rest goes on', async () => {
    await post(frames(sample('theirs', 1, 'faces')), FRAMES);
    await post(frames(sample('nobodys', 1)), FRAMES);
    const { key } = keys.create({ name: 'guest', scope: 'write', experiment: 'digits' });
    const more = (runId: string) => event(runId, 9, { type: 'metric', key: 'loss', value: 1 });
    const steal = event('nobodys', 8, { type: 'run_start', experimentId: 'digits' });
    const body = [...sample('mine', 2, 'digits'), more('theirs'), ...sample('new', 1), ...sample('other', 1, 'faces'), steal, more('mine')];
    const answer = await post(lines(body), LINES, key);
    expect(answer.accepted).toBe(4);
    expect(answer.refused.map(({ index, code }) => [index, code])).toEqual([3, 4, 5, 6, 7, 8].map((index) => [index, 'XT_FORBIDDEN']));
    expect((await xtrack.listRuns()).map(({ runId }) => runId).sort()).toEqual(['mine', 'nobodys', 'theirs']);
    expect((await xtrack.getRun('nobodys')).experimentId).toBeNull();
    expect((await xtrack.getWarnings('theirs')).length).toBe(0);
  });

  it('writes to no run of another key of its experiment; an admin and the owner do', async () => {
    const [first, second] = ['one', 'two'].map((name) => keys.create({ name, scope: 'write', experiment: 'digits' }).key);
    expect(await post(lines(sample('mine', 1, 'digits')), LINES, first)).toMatchObject({ accepted: 2 });
    const more = (seq: number) => lines([event('mine', seq, { type: 'metric', key: 'loss', value: 1 })]);
    expect(await post(more(3), LINES, second)).toMatchObject({ accepted: 0, refused: [{ code: 'XT_FORBIDDEN' }] });
    const wrong = more(4).replace('"key":"loss",', '');
    await post(wrong, LINES, second);
    expect(await xtrack.getWarnings('mine')).toEqual([]);
    const admin = keys.create({ name: 'three', scope: 'admin', experiment: 'digits' }).key;
    for (const [at, key] of [first, admin, keys.firstToken].entries())
      expect(await post(more(3 + at), LINES, key)).toMatchObject({ accepted: 1 });
  });

  it('leaves no trace of what is wrong on runs of others', async () => {
    await post(frames(sample('theirs', 1, 'faces')), FRAMES);
    const { key } = keys.create({ name: 'guest', scope: 'write', experiment: 'digits' });
    const wrong = eventJson(event('theirs', 9, { type: 'metric', key: 'loss', value: 1 })).replace('"key":"loss",', '');
    expect(await post(wrong, LINES, key)).toMatchObject({ accepted: 0, refused: [{ code: 'XT_FIELD_REQUIRED' }] });
    expect(await xtrack.getWarnings('theirs')).toEqual([]);
  });

  it('names nothing of runs that it does not show: one that is there and one that is not are refused alike', async () => {
    await post(frames(sample('theirs', 1, 'TOP-SECRET')), FRAMES);
    const { key } = keys.create({ name: 'guest', scope: 'write', experiment: 'digits' });
    const refusalOf = async (runId: string, experimentId?: string): Promise<string> => {
      const answer = await post(lines(sample(runId, 1, experimentId)), LINES, key);
      return JSON.stringify(answer).replaceAll(runId, 'RUN');
    };
    for (const named of [undefined, 'faces']) {
      const answer = await refusalOf('theirs', named);
      expect(answer).toContain('XT_FORBIDDEN');
      expect(answer).not.toContain('SECRET');
      expect(answer).toBe(await refusalOf('nowhere', named));
    }
  });

  it('of two that begin one run at once one is refused', async () => {
    for (let round = 0; round < 10; round += 1) {
      const runId = `r${round}`;
      // In one turn, so that both look for the run before either has written.
      const bodies = ['digits', 'faces'].map((name) =>
        xtrack.ingest(Buffer.from(lines(sample(runId, 20, name)).replaceAll('inc-1', name)), {
          format: 'lines',
          mayWrite: (experiment) => experiment === name,
        }),
      );
      const accepted = (await Promise.all(bodies)).map((answer) => answer.accepted);
      expect([...accepted].sort()).toEqual([0, 21]);
      expect((await xtrack.getRun(runId)).experimentId).toBe(accepted[0] === 0 ? 'faces' : 'digits');
      expect((await xtrack.getMetrics(runId, 'loss'))[0]?.total).toBe(20);
    }
  });

  it('begins a run that another key only asked for', async () => {
    const tcp = await xtrack.startTcpServer({ port: 0 });
    const spy = new Peer(tcp, { runId: 'r', token: keys.create({ name: 'spy', scope: 'write', experiment: 'faces' }).key });
    await spy.hello();
    const { key } = keys.create({ name: 'guest', scope: 'write', experiment: 'digits' });
    expect(await post(lines(sample('r', 2, 'digits')), LINES, key)).toMatchObject({ accepted: 3 });
    spy.close();
  });

  it('that only reads is not let in', async () => {
    const { key } = keys.create({ name: 'viewer', scope: 'read' });
    expect(await post(frames(sample('a', 1)), FRAMES, key)).toMatchObject({ status: 403, code: 'XT_FORBIDDEN' });
  });
});

describe('a body', () => {
  it.each([
    ['no JSON', '{"v":', JSON_TYPE, 400, 'XT_BODY'],
    ['of a type that is not taken', 'x=1', 'application/x-www-form-urlencoded', 415, 'XT_MEDIA_TYPE'],
  ])('that is %s is refused', async (_what, body, type, status, code) => {
    expect(await post(body, type)).toMatchObject({ status, code });
  });

  it('over 16 MiB is refused, whether it says its length or not', async () => {
    const large = Buffer.alloc(16 * 1024 * 1024 + 1, 0x20);
    const [told, untold] = await Promise.all([send(large, true), send(large, false)]);
    expect([told, untold]).toEqual([413, 413]);
  });

  /** The status; the server may hang up before it has read everything. */
  function send(body: Buffer, told: boolean): Promise<number | undefined> {
    const headers = { 'content-type': FRAMES, authorization: `Bearer ${keys.firstToken}`, ...(told && { 'content-length': body.length }) };
    return new Promise((resolve) => {
      const sent = request(`${server.url}api/v1/events`, { method: 'POST', headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.on('error', () => undefined);
      for (let at = 0; at < body.length; at += 65_536) sent.write(body.subarray(at, at + 65_536));
      sent.end();
    });
  }
});
