// Reads untrusted JSON by a schema, leniently: null counts as absent where a field is optional, a malformed
// optional field is dropped with a warning, unknown fields vanish. What comes out passes the schema,
// numbers being numbers: a non-finite one is no string any more.

import type { TSchema } from 'typebox';
import type { ErrorCode } from './errors.js';
import { readFinite, readInteger, readNumber } from './frames/numbers.js';
import { LIMITS } from './limits.js';

/** An optional field that was malformed and left out. */
export interface FieldWarning {
  readonly code: ErrorCode;
  /** Path in the frame, e.g. `p.ctx.phase`. */
  readonly field: string;
  readonly detail: string;
}

/** Why a value does not fit: a light object, made an XTrackError only where an event is refused. */
export class Problem implements FieldWarning {
  readonly code: ErrorCode;
  readonly field: string;
  readonly detail: string;

  constructor(code: ErrorCode, field: string, detail: string) {
    this.code = code;
    this.field = field;
    this.detail = detail;
  }
}

/** One event reports at most so many warnings: a hostile map cannot multiply its bytes. */
const MAX_WARNINGS = 16;

const encoder = new TextEncoder();

/** The parts of a JSON Schema that our schemas use. */
interface SchemaView {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly SchemaView[];
  readonly properties?: Readonly<Record<string, SchemaView>>;
  readonly required?: readonly string[];
  readonly patternProperties?: Readonly<Record<string, SchemaView>>;
  readonly items?: SchemaView;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxProperties?: number;
  readonly pattern?: string;
  /** See wire-types.ts. */
  readonly 'x-xtrack'?: 'run-id' | 'number' | 'finite' | 'integer' | 'all-or-nothing';
}

const numberReaders: ReadonlyMap<unknown, readonly [(value: unknown) => number | undefined, string]> = new Map([
  ['number', [readNumber, 'a number']],
  ['finite', [readFinite, 'a finite number']],
  ['integer', [readInteger, 'an integer']],
]);

const patterns = new Map<string, RegExp>();

/**
 * The value as the schema wants it, or the problem that spoils it. `path` is where the value stands in the frame.
 * Optional parts that were left out are added to `warnings`.
 */
export function conform(schema: TSchema, value: unknown, path: string, warnings: FieldWarning[]): unknown {
  return read(schema as SchemaView, value, path, warnings);
}

function read(schema: SchemaView, value: unknown, path: string, warnings: FieldWarning[]): unknown {
  const number = numberReaders.get(schema['x-xtrack']);
  if (number !== undefined) return number[0](value) ?? wrongType(path, number[1], value);
  if (schema.anyOf !== undefined) return readUnion(schema.anyOf, value, path, warnings);
  if (schema.enum !== undefined) return readEnum(schema.enum, value, path);
  if (schema.properties !== undefined) return readObject(schema, value, path, warnings);
  if (schema.patternProperties !== undefined) return readMap(schema, value, path, warnings);
  if (schema.items !== undefined) return readArray(schema, schema.items, value, path, warnings);
  return readLeaf(schema, value, path);
}

function readLeaf(schema: SchemaView, value: unknown, path: string): unknown {
  switch (schema.type) {
    case 'string':
      return readString(schema, value, path);
    case 'boolean':
      return typeof value === 'boolean' ? value : wrongType(path, 'true or false', value);
    case 'integer':
      return readInteger(value) ?? wrongType(path, 'an integer', value);
    case 'null':
      return value === null ? value : wrongType(path, 'null', value);
    default:
      return value;
  }
}

function readString(schema: SchemaView, value: unknown, path: string): unknown {
  if (typeof value !== 'string') return wrongType(path, 'a string', value);
  if (schema.minLength !== undefined && value.length < schema.minLength) return wrongType(path, 'a string that is not empty', value);
  if (schema.pattern !== undefined && !matches(schema.pattern, value)) {
    return schema['x-xtrack'] === 'run-id'
      ? new Problem('XT_RUN_ID', path, `${shown(value)} is not a run id`)
      : wrongType(path, `a string of the form ${schema.pattern}`, value);
  }
  return overBytes(value, schema.maxLength) ? tooLong(path, `${schema.maxLength} bytes`) : value;
}

function readEnum(values: readonly unknown[], value: unknown, path: string): unknown {
  return values.includes(value) ? value : wrongType(path, `one of ${values.join(', ')}`, value);
}

/** Branches differ by JSON type, so the one that fits the type gives the answer and the message. */
function readUnion(branches: readonly SchemaView[], value: unknown, path: string, warnings: FieldWarning[]): unknown {
  const branch = branches.find((candidate) => candidate.type === jsonType(value)) ?? branches[0];
  return branch === undefined ? value : read(branch, value, path, warnings);
}

function readObject(schema: SchemaView, value: unknown, path: string, warnings: FieldWarning[]): unknown {
  if (!isObject(value)) return wrongType(path, 'an object', value);
  const result: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const required = schema.required?.includes(name) === true;
    const outcome = readProperty(property, value, name, path, required, warnings);
    if (!(outcome instanceof Problem)) {
      if (outcome !== undefined) result[name] = outcome;
    } else if (required) return outcome;
    else warn(warnings, outcome);
  }
  return result;
}

function readProperty(
  schema: SchemaView,
  owner: Record<string, unknown>,
  name: string,
  path: string,
  required: boolean,
  warnings: FieldWarning[],
): unknown {
  const field = `${path}.${name}`;
  const value = Object.hasOwn(owner, name) ? owner[name] : undefined;
  if (value === undefined && required) return new Problem('XT_FIELD_REQUIRED', field, 'it is missing');
  if (value === undefined || (value === null && !required)) return undefined;
  return read(schema, value, field, warnings);
}

function readMap(schema: SchemaView, value: unknown, path: string, warnings: FieldWarning[]): unknown {
  if (!isObject(value)) return wrongType(path, 'an object', value);
  const values = Object.values(schema.patternProperties ?? {})[0];
  const bounded = schema.maxProperties;
  if (values === undefined || bounded === undefined) return value;
  const keys = Object.keys(value);
  if (keys.length > bounded) return tooLong(path, `${bounded} entries`);
  const result: Record<string, unknown> = Object.create(null);
  for (const key of keys) {
    const field = `${path}.${key.slice(0, 128)}`;
    const outcome = readKey(key, field) ?? read(values, value[key], field, warnings);
    if (!(outcome instanceof Problem)) result[key] = outcome;
    else if (schema['x-xtrack'] === 'all-or-nothing') return outcome;
    else warn(warnings, outcome);
  }
  return result;
}

function readKey(key: string, field: string): Problem | undefined {
  if (key === '') return new Problem('XT_FIELD_TYPE', field, 'the key is empty');
  return overBytes(key, LIMITS.label) ? tooLong(field, `${LIMITS.label} bytes of key`) : undefined;
}

function readArray(schema: SchemaView, items: SchemaView, value: unknown, path: string, warnings: FieldWarning[]): unknown {
  if (!Array.isArray(value)) return wrongType(path, 'an array', value);
  if (value.length > (schema.maxItems ?? LIMITS.entries)) return tooLong(path, `${schema.maxItems ?? LIMITS.entries} items`);
  const result: unknown[] = [];
  for (const [index, item] of value.entries()) {
    const outcome = read(items, item, `${path}.${index}`, warnings);
    if (outcome instanceof Problem) return outcome;
    result.push(outcome);
  }
  return result;
}

/** True for a JSON object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True when the text takes more than `max` bytes in UTF-8. */
export function overBytes(text: string, max = Number.POSITIVE_INFINITY): boolean {
  if (text.length * 3 <= max) return false;
  return text.length > max || encoder.encode(text).length > max;
}

function jsonType(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

function matches(pattern: string, value: string): boolean {
  let compiled = patterns.get(pattern);
  if (compiled === undefined) {
    compiled = new RegExp(pattern);
    patterns.set(pattern, compiled);
  }
  return compiled.test(value);
}

function warn(warnings: FieldWarning[], problem: Problem): void {
  if (warnings.length < MAX_WARNINGS) warnings.push(problem);
}

function wrongType(path: string, wanted: string, value: unknown): Problem {
  return new Problem('XT_FIELD_TYPE', path, `expected ${wanted}, got ${shown(value)}`);
}

function tooLong(path: string, limit: string): Problem {
  return new Problem('XT_FIELD_LIMIT', path, `over ${limit}`);
}

/** A hostile value in a message: short, and never nested. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 48 ? `${value.slice(0, 48)}…` : value);
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object';
  return String(value);
}
