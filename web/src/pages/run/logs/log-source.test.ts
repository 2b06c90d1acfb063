import { describe, expect, it } from 'vitest';
import { type LogRead, LogSource } from './log-source';

interface Line {
  readonly ts: number;
  readonly message: string;
}

/** A log of `length` lines, one a second, that can grow; it counts what is read. */
function growingLog(length: number) {
  const log = { length, reads: [] as LogRead[], broken: false };
  const read = async (request: LogRead) => {
    log.reads.push(request);
    if (log.broken) throw new Error('no connection');
    const offset = request.newest === true ? Math.max(0, log.length - request.limit) : (request.offset ?? 0);
    const count = Math.max(0, Math.min(request.limit, log.length - offset));
    const lines = Array.from({ length: count }, (_, at): Line => ({ ts: (offset + at) * 1e6, message: `line ${offset + at}` }));
    return { lines, offset };
  };
  return { log, source: new LogSource<Line>(read) };
}

describe('LogSource', () => {
  it('begins at the newest end and knows how many lines there are', async () => {
    const { log, source } = growingLog(100_123);
    await source.grow();
    expect(source.state().count).toBe(100_123);
    expect(source.line(100_122)?.message).toBe('line 100122');
    expect(source.line(0)).toBeUndefined();
    expect(log.reads).toHaveLength(1);
  });

  it('reads pages when they are wanted, each once', async () => {
    const { log, source } = growingLog(100_123);
    await source.grow();
    await Promise.all([source.want(700, 1_600), source.want(900, 1_000)]);
    await source.want(700, 1_600);
    expect(source.line(700)?.message).toBe('line 700');
    expect(source.line(1_600)?.message).toBe('line 1600');
    expect(log.reads.slice(1).map(({ offset }) => offset)).toEqual([500, 1_000, 1_500]);
  });

  it('appends what the run logs, line for line', async () => {
    const { log, source } = growingLog(0);
    await source.grow();
    expect(source.state().count).toBe(0);
    for (log.length = 1; log.length < 3_000; log.length += 611) {
      await source.grow();
      expect(source.state().count).toBe(log.length);
      expect(source.line(log.length - 1)?.message).toBe(`line ${log.length - 1}`);
    }
    for (let at = 0; at < (source.state().count ?? 0); at++) {
      await source.want(at, at);
      expect(source.line(at)?.message).toBe(`line ${at}`);
    }
  });

  it('jumps to the newest end where it fell far behind', async () => {
    const { log, source } = growingLog(10);
    await source.grow();
    log.length = 1_000_000;
    await source.grow();
    expect(source.state().count).toBe(1_000_000);
    expect(source.line(999_999)?.message).toBe('line 999999');
    expect(log.reads.length).toBeLessThan(8);
  });

  it('holds a bounded number of lines', async () => {
    const { source } = growingLog(200_000);
    await source.grow();
    for (let at = 0; at < 200_000; at += 500) await source.want(at, at);
    const held = Array.from({ length: 200_000 }, (_, at) => source.line(at)).filter((line) => line !== undefined);
    expect(held.length).toBe(50_000);
    await source.want(3, 3);
    expect(source.line(3)?.message).toBe('line 3');
  });

  it('comes to one more read for many calls', async () => {
    const { log, source } = growingLog(100);
    await Promise.all(Array.from({ length: 50 }, () => source.grow()));
    expect(log.reads).toHaveLength(2);
  });

  it('finds the place of a time', async () => {
    const { log, source } = growingLog(100_000);
    await source.grow();
    expect(await source.placeOf(70_000.5 * 1e6)).toBe(70_001);
    expect(await source.placeOf(-1)).toBe(0);
    expect(await source.placeOf(1e18)).toBe(100_000);
    expect(log.reads.length).toBeLessThan(40);
  });

  it('tells of an error and goes on after it', async () => {
    const { log, source } = growingLog(1_000);
    const versions: number[] = [];
    source.subscribe(() => versions.push(source.state().version));
    log.broken = true;
    await source.grow();
    expect(source.state()).toMatchObject({ count: null, error: new Error('no connection') });
    log.broken = false;
    await source.grow();
    expect(source.state()).toMatchObject({ count: 1_000, error: null });
    expect(versions).toEqual([1, 2]);
  });
});
