// Follows a file that a training script writes its stdout or stderr to, and hands over whole lines with their offsets.
// Files, never pipes: a pipe into the control plane would break print() in training when the control plane dies.

import { type FileHandle, open } from 'node:fs/promises';
import { givenBack } from '../../protocol/frames/given-back.js';

/** A line is cut here (bytes); the rest follows as further lines. */
const MAX_LINE = 64 * 1024;
const READ_BYTES = 256 * 1024;
/** How often a quiet file is looked at (ms). */
const POLL_MS = 100;

export interface OutputLine {
  readonly text: string;
  /** Byte offset in the file just after this line: where to go on after a restart. */
  readonly offset: number;
}

export interface FollowerOptions {
  readonly path: string;
  /** Byte offset to begin at. */
  readonly from: number;
  readonly onLines: (lines: readonly OutputLine[]) => void;
  /** Waits here between reads, so that a flood of output cannot outrun the store. */
  readonly whenReady: () => Promise<void>;
}

/** Progress bars rewrite their line with carriage returns: what they show last counts. */
function visible(line: string): string {
  const shown = line.endsWith('\r') ? line.slice(0, -1) : line;
  return shown.slice(shown.lastIndexOf('\r') + 1);
}

/** Reads a growing file line by line until `finish`. */
export class OutputFollower {
  private readonly options: FollowerOptions;
  private offset: number;
  private rest: Buffer = Buffer.alloc(0);
  private ending = false;
  private stopped = false;
  private wake: (() => void) | undefined;
  private readonly done: Promise<void>;

  constructor(options: FollowerOptions) {
    this.options = options;
    this.offset = options.from;
    this.done = this.run();
  }

  /** Reads to the present end of the file, hands over an unfinished last line too, and stops. */
  async finish(): Promise<void> {
    this.ending = true;
    this.wake?.();
    await this.done;
  }

  /** Hands over nothing more. */
  stop(): void {
    this.stopped = true;
    this.ending = true;
    this.wake?.();
  }

  private async run(): Promise<void> {
    const file = await open(this.options.path, 'r').catch(() => undefined);
    if (file === undefined) return;
    try {
      const buffer = Buffer.allocUnsafe(READ_BYTES);
      for (;;) {
        const last = this.ending;
        const grew = await this.read(file, buffer);
        if (!grew && last) break;
        if (!grew) await this.pause();
      }
      this.flushRest();
    } finally {
      await file.close();
    }
  }

  private async pause(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, POLL_MS);
      timer.unref();
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private async read(file: FileHandle, buffer: Buffer): Promise<boolean> {
    await this.options.whenReady();
    const { bytesRead } = await file.read(buffer, 0, buffer.length, this.offset + this.rest.length);
    if (bytesRead === 0 || this.stopped) return false;
    const data = Buffer.concat([this.rest, buffer.subarray(0, bytesRead)]);
    givenBack(buffer);
    const lines: OutputLine[] = [];
    let start = 0;
    for (;;) {
      const newline = data.indexOf(10, start);
      const cut = newline >= 0 && newline - start <= MAX_LINE ? newline : data.length - start >= MAX_LINE ? start + MAX_LINE : -1;
      if (cut < 0) break;
      const text = visible(data.toString('utf8', start, cut));
      start = data[cut] === 10 ? cut + 1 : cut;
      lines.push({ text, offset: this.offset + start });
    }
    this.offset += start;
    this.rest = Buffer.from(data.subarray(start));
    if (lines.length > 0) this.options.onLines(lines);
    return true;
  }

  private flushRest(): void {
    if (this.rest.length === 0 || this.stopped) return;
    this.offset += this.rest.length;
    this.options.onLines([{ text: visible(this.rest.toString('utf8')), offset: this.offset }]);
    this.rest = Buffer.alloc(0);
  }
}
