// Slow clients, and who has to wait for them.

import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { BodyReader, MAX_BODY } from './body-reader.js';

const outcome = (read: Promise<unknown>): Promise<unknown> => read.catch((error: { code: string }) => error.code);

function body(text: string): PassThrough {
  const stream = new PassThrough();
  stream.end(text);
  return stream;
}

/** Says its first byte and no more. */
function stuck(): PassThrough {
  const stream = new PassThrough();
  stream.write('x');
  return stream;
}

const text = async (bytes: Buffer): Promise<string> => bytes.toString();

describe('bodies', () => {
  it('of one slow client hold up nobody else', async () => {
    const reader = new BodyReader();
    const slow = Array.from({ length: 40 }, stuck);
    const theirs = slow.map((stream) => outcome(reader.read(stream, 'slow', text)));
    // At once, without waiting for any of them to be dismissed.
    const began = performance.now();
    expect(await Promise.all(['a', 'b', 'c', 'd'].map((name) => reader.read(body(name), 'quick', text)))).toEqual(['a', 'b', 'c', 'd']);
    expect(performance.now() - began).toBeLessThan(900);
    for (const stream of slow) stream.destroy();
    await Promise.all(theirs);
  });

  it('that come too slowly give up their places when others wait, the same client’s too', async () => {
    const reader = new BodyReader();
    const slow = ['a', 'b', 'a', 'b', 'a', 'b', 'a', 'b'].map((name) => outcome(reader.read(stuck(), name, text)));
    expect(await reader.read(body('c'), 'c', text)).toBe('c');
    expect(await reader.read(body('a'), 'a', text)).toBe('a');
    expect(new Set(await Promise.all(slow))).toEqual(new Set(['XT_TIMEOUT']));
  });

  it('that come slowly are read to their end where nobody waits', async () => {
    const reader = new BodyReader();
    const stream = stuck();
    const read = reader.read(stream, 'a', text);
    const others = Array.from({ length: 7 }, (_, at) => reader.read(body('x'), `b${at}`, text));
    await Promise.all(others);
    stream.end('yz');
    expect(await read).toBe('xyz');
  });

  it('of clients take turns, however many one of them sends', async () => {
    const reader = new BodyReader();
    const order: string[] = [];
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const read = (name: string) =>
      reader.read(body('x'), name, async () => {
        order.push(name);
        await gate;
      });
    const all = [...Array.from({ length: 60 }, () => read('greedy')), read('modest')];
    go();
    await Promise.all(all);
    expect(order.indexOf('modest')).toBeLessThan(6);
  });

  it('over the limits are refused: in size, in number of one client, and cut off', async () => {
    const reader = new BodyReader();
    const large = new PassThrough();
    const refused = outcome(reader.read(large, 'a', text));
    for (let sent = 0; sent <= MAX_BODY; sent += 1024 * 1024) large.write(Buffer.alloc(1024 * 1024));
    expect(await refused).toBe('XT_BODY_TOO_LARGE');
    const cut = stuck();
    const half = outcome(reader.read(cut, 'a', text));
    cut.destroy();
    expect(await half).toBe('XT_BODY');
    const many = Array.from({ length: 100 }, stuck);
    const answers = many.map((stream) => outcome(reader.read(stream, 'a', text)));
    expect(await answers[99]).toBe('XT_BUSY');
    expect(await reader.read(body('b'), 'b', text)).toBe('b');
    for (const stream of many) stream.destroy();
    await Promise.all(answers);
  });
});
