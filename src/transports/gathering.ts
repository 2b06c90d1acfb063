// What a decoder finds, kept in order: for readers that work on a stream piece by piece.

import type { FieldWarning, FrameSink, RefusedEvent, WorkerMessage, XTrackError } from '../protocol/index.js';

/** One thing found in a recorded stream, in order. */
export type FileItem =
  | { readonly kind: 'message'; readonly message: WorkerMessage; readonly bytes: Uint8Array; readonly warnings: readonly FieldWarning[] }
  | { readonly kind: 'refused'; readonly error: XTrackError; readonly event: RefusedEvent; readonly bytes: Uint8Array }
  | { readonly kind: 'skipped'; readonly error: XTrackError; readonly offset: number; readonly length: number };

/** Collects what a decoder finds; the bytes are copied, so they may be kept. */
export class Gathering implements FrameSink {
  private items: FileItem[] = [];

  message(message: WorkerMessage, bytes: Uint8Array, start: number, end: number, warnings: readonly FieldWarning[] | undefined): void {
    this.items.push({ kind: 'message', message, bytes: bytes.slice(start, end), warnings: warnings ?? [] });
  }

  refused(error: XTrackError, event: RefusedEvent, bytes: Uint8Array, start: number, end: number): void {
    this.items.push({ kind: 'refused', error, event, bytes: bytes.slice(start, end) });
  }

  skipped(error: XTrackError, offset: number, bytes: Uint8Array): void {
    this.items.push({ kind: 'skipped', error, offset, length: bytes.length });
  }

  take(): FileItem[] {
    const { items } = this;
    this.items = [];
    return items;
  }
}
