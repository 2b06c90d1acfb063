// A look into an artifact: a bounded beginning of it as what it is. Everything is text, numbers or the address of a picture; the page
// never gets markup to trust.

import type { Artifact, JsonValue } from '../../../protocol/events.js';
import type { ArtifactContent } from './content.js';
import { readCsv } from './csv-rows.js';
import { claimedType, SNIFFED, shownType } from './media-type.js';

export interface Preview {
  readonly kind: 'image' | 'audio' | 'text' | 'json' | 'table' | 'histogram' | 'none';
  readonly text?: string;
  readonly columns?: readonly string[];
  readonly rows?: readonly (readonly JsonValue[])[];
  /** Where the picture or the sound is. */
  readonly url?: string;
  /** It is the beginning of more. */
  readonly truncated: boolean;
  /** Columns and rows of a table that is cut, where that is known. */
  readonly columnsInAll?: number;
  readonly rowsInAll?: number;
  /** Why nothing can be shown. */
  readonly reason?: string;
}

/** Bytes of a text that are shown. */
const MOST_TEXT = 256 * 1024;
/** Bytes of JSON that are read to see the table in it: as much as an event holds, and what lies in a file beyond that. */
const MOST_TABLE = 8 * 1024 * 1024;
const MOST_ROWS = 200;
const MOST_COLUMNS = 1_000;
/** Bytes of a picture that a browser is asked to decode. */
const MOST_PICTURE = 64 * 1024 * 1024;

/** `address`: of the content, shown in place. */
export async function previewOf(artifact: Artifact, content: ArtifactContent, address: string): Promise<Preview> {
  const shown = shownType(await content.read(0, SNIFFED));
  if (shown !== undefined) return media(shown, content.size, address);
  const type = claimedType(artifact.name ?? artifact.path, artifact.metadata?.mime) ?? claimedType(artifact.path, undefined);
  const head = await content.read(0, MOST_TEXT);
  const whole = head.length >= content.size;
  const text = readText(head, whole);
  if (text === undefined) return { kind: 'none', truncated: false, reason: 'It is neither text, a picture nor a sound.' };
  if (type === 'application/json')
    return (await jsonPreview(artifact, content, whole ? text : undefined)) ?? { kind: 'text', text, truncated: !whole };
  const separator = SEPARATORS.get(type ?? '');
  if (separator !== undefined) return csvPreview(text, separator, whole);
  return { kind: 'text', text, truncated: !whole };
}

const SEPARATORS: ReadonlyMap<string, string> = new Map([
  ['text/csv', ','],
  ['text/tab-separated-values', '\t'],
]);

function media(type: string, size: number, url: string): Preview {
  const kind = type.startsWith('image/') ? 'image' : 'audio';
  if (kind === 'image' && size > MOST_PICTURE)
    return { kind: 'none', truncated: false, reason: 'The picture is too large to be shown here.' };
  return { kind, url, truncated: false };
}

/** UTF-8 without control characters; undefined: it is no text. A character that is cut off at the end does not spoil it. */
function readText(bytes: Uint8Array, whole: boolean): string | undefined {
  if (bytes.some(isControl)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: !whole });
  } catch {
    return undefined;
  }
}

/** Whatever no terminal is written: a bell, a backspace, a blank, a line end and the escape of its colours are. */
function isControl(byte: number): boolean {
  return byte < 0x07 || (byte > 0x0d && byte < 0x20 && byte !== 0x1b);
}

function csvPreview(text: string, separator: string, whole: boolean): Preview {
  const { columns, rows, cut } = readCsv(text, separator, { rows: MOST_ROWS, whole });
  return {
    kind: 'table',
    columns: columns.slice(0, MOST_COLUMNS),
    rows: rows.map((row) => row.slice(0, MOST_COLUMNS)),
    ...cutTo(columns.length, cut ? undefined : rows.length, cut),
  };
}

/** What is not shown of a table. `rows`: in all; undefined where nobody has counted them. */
function cutTo(columns: number, rows: number | undefined, isCut: boolean): Pick<Preview, 'truncated' | 'columnsInAll' | 'rowsInAll'> {
  const isWide = columns > MOST_COLUMNS;
  const isLong = rows !== undefined && rows > MOST_ROWS;
  return { truncated: isCut || isWide || isLong, ...(isWide && { columnsInAll: columns }), ...(isLong && { rowsInAll: rows }) };
}

/** `whole`: all of it, where it is short. Undefined: it cannot be read as JSON here. */
async function jsonPreview({ metadata }: Artifact, content: ArtifactContent, whole: string | undefined): Promise<Preview | undefined> {
  if (whole === undefined && content.size > MOST_TABLE) return undefined;
  const text = whole ?? readText(await content.read(0, MOST_TABLE), true);
  const value = text === undefined ? undefined : parsed(text);
  if (value === undefined || text === undefined) return undefined;
  const table = tableOf(value);
  if (table !== undefined) return table;
  if (whole === undefined) return undefined;
  return { kind: metadata?.media === 'histogram' ? 'histogram' : 'json', text, truncated: false };
}

function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

/** As `log_table` writes it: `{"columns": [{"name", "type"}], "rows": [[…]], "omitted"?}`. */
function tableOf(value: JsonValue): Preview | undefined {
  if (!isRecord(value)) return undefined;
  const { columns, rows, omitted } = value;
  if (!Array.isArray(columns) || !Array.isArray(rows) || !rows.every(Array.isArray)) return undefined;
  const names = columns.map((column: JsonValue) => (isRecord(column) ? column.name : column));
  if (!names.every((name) => typeof name === 'string')) return undefined;
  return {
    kind: 'table',
    columns: names.slice(0, MOST_COLUMNS),
    rows: rows.slice(0, MOST_ROWS).map((row) => row.slice(0, MOST_COLUMNS).map(shownCell)),
    ...cutTo(names.length, rows.length + (typeof omitted === 'number' ? omitted : 0), typeof omitted === 'number'),
  };
}

/** A picture in a cell comes without its bytes: the download has them. */
function shownCell(cell: JsonValue): JsonValue {
  if (!isRecord(cell) || typeof cell.media !== 'string' || cell.content === undefined) return cell;
  const { content: _bytes, ...rest } = cell;
  return rest;
}

function isRecord(value: JsonValue | undefined): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
