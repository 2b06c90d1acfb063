// Requests as no browser and no polite client would send them: any Host, any Origin, byte by byte.

import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { connect, type Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Taken as it is, where the address would be tidied up. */
  readonly path?: string;
  /** PEM of a certificate to trust. */
  readonly ca?: string;
}

/** A stream of events is not read: its head is the answer. */
export async function ask(url: string, { method = 'GET', headers = {}, body, path, ca }: Ask = {}): Promise<Answer> {
  const send = url.startsWith('https') ? tlsRequest : request;
  return await new Promise<Answer>((resolve, reject) => {
    const sent = send(
      url,
      { method, headers, agent: false, ...(path !== undefined && { path }), ...(ca !== undefined && { ca }) },
      (answer) => {
        gather(answer).then(resolve, reject);
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

async function gather(answer: IncomingMessage): Promise<Answer> {
  const { statusCode: status = 0, headers } = answer;
  const chunks: Buffer[] = [];
  if ((headers['content-type'] ?? '').startsWith('text/event-stream')) answer.destroy();
  else for await (const chunk of answer) chunks.push(chunk as Buffer);
  return { status, headers, text: Buffer.concat(chunks).toString('latin1') };
}

/** The stable code of a refused request; '' where it was not refused. */
export function codeOf({ headers, text }: Answer): string {
  return (headers['content-type'] ?? '').startsWith('application/problem+json') ? (JSON.parse(text) as { code: string }).code : '';
}

/** A connection on which anything can be said. */
export class RawConnection {
  readonly socket: Socket;
  received = '';
  readonly closed: Promise<void>;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.setEncoding('latin1').on('data', (text: string) => {
      this.received += text;
    });
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => this.socket.once('close', () => resolve()));
  }
}
