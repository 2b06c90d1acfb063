// What is known of an artifact's file: size, checksum, and with `inline` its bytes. A missing file is still an artifact.

import { createHash } from 'node:crypto';
import { readFileSync, type Stats, statSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { LIMITS } from '../protocol/limits.js';
import { given, plainRecord } from './event-bodies.js';
import type { EventBody } from './event-queue.js';
import { cutBytes, plainLabel } from './plain-value.js';

export interface ArtifactOptions {
  /** `model`, `checkpoint`, `plot`, `data` …; guessed from the file's name when left out. */
  readonly kind?: string | undefined;
  /** The file's name when left out. */
  readonly name?: string | undefined;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** `reference` (default) leaves the file where it is; `inline` sends its bytes along, up to 512 KiB. */
  readonly upload?: 'reference' | 'inline' | undefined;
}

/** Bytes hashed in the caller's turn: about 10 ms. Larger files have a size and no checksum. */
const HASHED = 16 * 1024 ** 2;
/** Bytes sent inline: base64 and the envelope must stay below the frame limit. */
const INLINE = 512 * 1024;

const KINDS: ReadonlyMap<string, string> = new Map([
  ...['.pt', '.pth', '.onnx', '.h5', '.keras', '.tflite', '.gguf', '.joblib', '.pkl'].map((end) => [end, 'model'] as const),
  ...['.ckpt'].map((end) => [end, 'checkpoint'] as const),
  ...['.safetensors', '.npz', '.npy'].map((end) => [end, 'weights'] as const),
  ...['.yaml', '.yml', '.toml', '.ini'].map((end) => [end, 'config'] as const),
  ...['.png', '.jpg', '.jpeg', '.gif', '.webp'].map((end) => [end, 'image'] as const),
  ...['.svg', '.pdf', '.html'].map((end) => [end, 'plot'] as const),
  ...['.csv', '.tsv', '.parquet', '.arrow', '.json', '.jsonl'].map((end) => [end, 'data'] as const),
  ...['.log', '.txt'].map((end) => [end, 'log'] as const),
]);

/** The artifact event for a path. Never throws. */
export function describeArtifact(path: string, options: ArtifactOptions): EventBody {
  const absolute = resolve(path);
  const bytes = readUpTo(absolute, HASHED);
  const inline = options.upload === 'inline' && bytes !== undefined && bytes.length <= INLINE;
  return {
    type: 'artifact',
    path: cutBytes(absolute, LIMITS.path),
    kind: cutBytes(options.kind || (KINDS.get(extname(path).toLowerCase()) ?? 'other'), 64),
    ...given('name', plainLabel(options.name ?? basename(path))),
    ...given('metadata', options.metadata && plainRecord(options.metadata)),
    ...given('size', bytes?.length ?? fileStats(absolute)?.size),
    ...given('checksum', bytes && `sha256:${createHash('sha256').update(bytes).digest('hex')}`),
    upload: inline ? 'inline' : 'reference',
    ...(inline ? { content: bytes.toString('base64') } : {}),
  };
}

function readUpTo(path: string, most: number): Buffer | undefined {
  try {
    const stats = fileStats(path);
    return stats !== undefined && stats.size <= most ? readFileSync(path) : undefined;
  } catch {
    return undefined;
  }
}

/** Of a regular file only: a folder's size says nothing, and a pipe would never end. */
function fileStats(path: string): Stats | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isFile() === true ? stats : undefined;
}
