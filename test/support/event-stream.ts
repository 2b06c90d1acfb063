// A reader of server-sent events for tests, which can also stop reading.

import { get } from 'node:http';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

export interface StreamMessage {
  readonly event: string;
  readonly id: string;
  readonly data: unknown;
}

/** An item of the stream, as its JSON. */
export type StreamItem = Readonly<Record<string, unknown>> & { readonly type: string };

const WAIT_MS = 20_000;

export class EventStream {
  readonly messages: StreamMessage[] = [];
  /** The newest id that was told, with a message or without. */
  lastId = '';
  /** Comments: signs of life. */
  comments = 0;
  closed = false;
  readonly status: number;
  private readonly response: Readable;
  private text = '';

  constructor(response: Readable, status = 200) {
    this.response = response;
    this.status = status;
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => this.push(chunk));
    response.on('error', () => undefined);
    response.on('close', () => {
      this.closed = true;
    });
  }

  /** Resolves once the head of the answer is there. */
  static open(url: string, headers: Readonly<Record<string, string>>): Promise<EventStream> {
    return new Promise((resolve, reject) => {
      get(url, { headers, agent: false }, (response) => resolve(new EventStream(response, response.statusCode))).on('error', reject);
    });
  }

  get items(): StreamItem[] {
    return this.messages.filter(({ event }) => event === 'items').flatMap(({ data }) => data as StreamItem[]);
  }

  async waitFor(condition: () => boolean): Promise<void> {
    const until = performance.now() + WAIT_MS;
    while (!condition()) {
      if (performance.now() > until) throw new Error(`it did not come; there are ${JSON.stringify(this.messages).slice(0, 2_000)}`);
      await delay(5);
    }
  }

  /** Reads nothing any more: the server's writes pile up in the socket. */
  stall(): void {
    this.response.pause();
  }

  resume(): void {
    this.response.resume();
  }

  close(): void {
    this.response.destroy();
  }

  private push(chunk: string): void {
    this.text += chunk;
    const blocks = this.text.split('\n\n');
    this.text = blocks.pop() ?? '';
    for (const block of blocks) this.read(block);
  }

  private read(block: string): void {
    let [event, data] = ['message', ''];
    for (const line of block.split('\n')) {
      const [field, value] = [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()];
      if (field === '') this.comments += 1;
      else if (field === 'id') this.lastId = value;
      else if (field === 'event') event = value;
      else if (field === 'data') data += value;
    }
    if (data !== '') this.messages.push({ event, id: this.lastId, data: JSON.parse(data) as unknown });
  }
}
