// The small types that wire payloads are made of. The keyword `x-xtrack` names what JSON Schema alone does not say;
// the lenient reader goes by it (conform.ts).

import Type, { type TEnum } from 'typebox';
import { DECIMAL_PATTERN, NON_FINITE } from './frames/numbers.js';
import { LIMITS } from './limits.js';
import { RUN_ID_PATTERN } from './run-id.js';

/** `maxLength` counts characters here as JSON Schema says; the decoder holds UTF-8 bytes to the same number. */
export const Label = Type.String({ minLength: 1, maxLength: LIMITS.label });

/** Text that may be empty. Bounded by the frame alone. */
export const Text = Type.String();

export const Path = Type.String({ minLength: 1, maxLength: LIMITS.path });

export const RunIdText = Type.String({ pattern: RUN_ID_PATTERN, 'x-xtrack': 'run-id' });

const DecimalText = Type.String({ pattern: DECIMAL_PATTERN });

/** A measured number: may be non-finite, and an integer beyond 2^53 is a decimal string. */
export const WireNumber = Type.Union([Type.Number(), Type.Enum([...NON_FINITE]), DecimalText], { 'x-xtrack': 'number' });

/** A finite number, fractions allowed. */
export const WireFinite = Type.Union([Type.Number(), DecimalText], { 'x-xtrack': 'finite' });

/** A whole number; `5.0` counts as 5. */
export const WireInteger = Type.Union([Type.Integer(), DecimalText], { 'x-xtrack': 'integer' });

export const Flag = Type.Boolean();

export const AnyJson = Type.Unknown();

/** Any JSON object, kept as it is. */
export const JsonObject = Type.Record(Type.String(), Type.Unknown());

const EntryKey = Type.String({ pattern: `^[\\s\\S]{1,${LIMITS.label}}$` });

/** Key → number; a malformed entry spoils the whole map (a batch is all or nothing). */
export const MetricMap = Type.Record(EntryKey, WireNumber, {
  additionalProperties: false,
  maxProperties: LIMITS.entries,
  'x-xtrack': 'all-or-nothing',
});

/** Key → number; a malformed entry is dropped alone. */
export const NumberMap = Type.Record(EntryKey, WireNumber, {
  additionalProperties: false,
  maxProperties: LIMITS.entries,
});

/** Key → text; a malformed entry is dropped alone. */
export const TextMap = Type.Record(EntryKey, Text, { additionalProperties: false, maxProperties: LIMITS.entries });

export const LabelList = Type.Array(Label, { maxItems: LIMITS.parts });

/** Key → text, or null: what is there of the key goes. A malformed entry is dropped alone. */
export const TextChanges = Type.Record(EntryKey, Type.Union([Text, Type.Null()]), {
  additionalProperties: false,
  maxProperties: LIMITS.entries,
});

/** One of a closed list of strings. */
export const oneOf = <const Values extends string[]>(...values: Values): TEnum<Values> => Type.Enum<Values>(values);
