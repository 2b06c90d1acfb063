// The API over a real control plane, in process: fed with frames as an emitter writes them, asked by whoever a test says.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { encodeEvent, type TrackEvent } from '../../src/protocol/index.js';
import type { Grant, Principal } from '../../src/server/http/access/principal.js';
import { type AppOptions, createApp } from '../../src/server/http/app.js';
import { XTrack } from '../../src/xtrack.js';

export type EventBody = TrackEvent extends infer E
  ? E extends TrackEvent
    ? Omit<E, 'runId' | 'worker' | 'incarnation' | 'seq' | 'ts'>
    : never
  : never;

export interface Reply {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever JSON came
  readonly json: any;
  readonly text: string;
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string | number | string[] | undefined>>;
}

/** µs since the epoch: when every run of a test begins. */
export const BEGIN = 1_700_000_000_000_000;

export const ADMIN: Grant = { scope: 'admin', experiment: null };

export interface ApiOptions extends AppOptions {
  readonly store?: 'memory' | 'sqlite';
}

export class Api {
  readonly xtrack: XTrack;
  readonly app: FastifyInstance;
  /** Who asks from now on. */
  principal: Principal = { name: 'ada', grants: [ADMIN] };
  readonly #seqs = new Map<string, number>();
  readonly #folder: string;

  private constructor(xtrack: XTrack, app: FastifyInstance, folder: string) {
    this.xtrack = xtrack;
    this.app = app;
    this.#folder = folder;
  }

  static async open({ store = 'memory', ...options }: ApiOptions = {}): Promise<Api> {
    const folder = await mkdtemp(join(tmpdir(), 'xtrack-api-'));
    const xtrack = await XTrack.start(store === 'memory' ? { store } : { directory: join(folder, 'data') });
    let api: Api | undefined;
    const app = await createApp(xtrack, { ...options, authenticate: () => api?.principal });
    api = new Api(xtrack, app, folder);
    return api;
  }

  /** From now on a key of these grants asks. */
  as(...grants: Grant[]): this {
    this.principal = { name: 'guest', grants };
    return this;
  }

  /** Stores events of one worker; each is 1 ms after the one before. */
  async feed(runId: string, bodies: readonly EventBody[], { worker = '', incarnation = 'inc-1' } = {}): Promise<void> {
    const lane = JSON.stringify([runId, worker, incarnation]);
    const first = (this.#seqs.get(lane) ?? 0) + 1;
    const events = bodies.map(
      (body, at) => ({ runId, worker, incarnation, seq: first + at, ts: BEGIN + (first + at) * 1_000, ...body }) as TrackEvent,
    );
    this.#seqs.set(lane, first + bodies.length - 1);
    const report = await this.xtrack.ingest(Buffer.concat(events.map(encodeEvent)), { format: 'frames', mayWrite: () => true });
    if (report.refusedCount > 0) throw new Error(JSON.stringify(report.refused));
  }

  async call(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Reply> {
    const response = await this.app.inject({
      method,
      url: `/api/v1${path}`,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { payload: JSON.stringify(body) }),
    });
    const isJson = String(response.headers['content-type'] ?? '').includes('json');
    return {
      status: response.statusCode,
      json:
        isJson && response.body !== '' && !String(response.headers['content-type']).includes('ndjson')
          ? JSON.parse(response.body)
          : undefined,
      text: response.body,
      bytes: response.rawPayload,
      headers: response.headers as Reply['headers'],
    };
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Reply> {
    return this.call('GET', path, undefined, headers);
  }

  post(path: string, body?: unknown): Promise<Reply> {
    return this.call('POST', path, body);
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.xtrack.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
