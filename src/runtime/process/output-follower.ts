// Follows a file that a training script writes its stdout or stderr to, and hands over lines as a terminal would show them at last.
// Files, never pipes: a pipe into the control plane would break print() in training when the control plane dies.

import { type FileHandle, open } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { givenBack } from '../../protocol/frames/given-back.js';
import { Screen, type ScreenLine } from './terminal/screen.js';

const READ_BYTES = 256 * 1024;
const NEWLINE = 0x0a;
/** How often a quiet file is looked at (ms). */
const POLL_MS = 100;

/** `offset`: where to go on in the file after a restart. */
export type OutputLine = ScreenLine;

export interface FollowerOptions {
  readonly path: string;
  /** Byte offset to begin at. */
  readonly from: number;
  readonly onLines: (lines: readonly OutputLine[]) => void;
  /** Waits here between reads, so that a flood of output cannot outrun the store. */
  readonly whenReady: () => Promise<void>;
}

/** Reads a growing file line by line until `finish`. */
export class OutputFollower {
  private readonly options: FollowerOptions;
  private readonly screen: Screen;
  private readonly decoder = new StringDecoder('utf8');
  /** Of what was read. */
  private offset: number;
  private ending = false;
  private stopped = false;
  private wake: (() => void) | undefined;
  private readonly done: Promise<void>;

  constructor(options: FollowerOptions) {
    this.options = options;
    this.offset = options.from;
    this.screen = new Screen(options.from);
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
      this.screen.write(this.decoder.end(), this.offset, performance.now());
      if (!this.stopped) this.handOver(true);
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
    const { bytesRead } = await file.read(buffer, 0, buffer.length, this.offset);
    if (this.stopped) return false;
    const data = buffer.subarray(0, bytesRead);
    const now = performance.now();
    for (let start = 0; start < data.length; ) {
      const newline = data.indexOf(NEWLINE, start);
      const end = newline < 0 ? data.length : newline + 1;
      this.screen.write(this.decoder.write(data.subarray(start, end)), this.offset + end, now);
      start = end;
    }
    this.offset += bytesRead;
    givenBack(buffer);
    this.handOver(false);
    return bytesRead > 0;
  }

  private handOver(end: boolean): void {
    const lines = this.screen.done(performance.now(), end);
    if (lines.length > 0) this.options.onLines(lines);
  }
}
