// The committed JSON Schema is what the code says, and what the code writes fits it.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Compile } from 'typebox/schema';
import { describe, expect, test } from 'vitest';
import { generateSchemas } from '../../conformance/schema/generate.js';

const folder = fileURLToPath(new URL('../../conformance/schema/', import.meta.url));
const vectors = fileURLToPath(new URL('../../conformance/vectors/', import.meta.url));

test('conformance/schema holds exactly the generated files', () => {
  const generated = generateSchemas();
  if (process.env.XTRACK_WRITE_SCHEMA === '1') {
    for (const [name, text] of generated) writeFileSync(folder + name, text);
  }
  expect(readdirSync(folder).filter((name) => name.endsWith('.json'))).toEqual([...generated.keys()].toSorted());
  for (const [name, text] of generated) expect(readFileSync(folder + name, 'utf8'), name).toBe(text);
});

interface Expected {
  readonly kind: string;
  readonly envelope?: { readonly t: string };
}

describe('what a decoder understands fits the schema of its type', () => {
  const schemas = new Map(
    Array.from(generateSchemas(), ([name, text]) => [name.replace('.json', ''), Compile(JSON.parse(text) as object)]),
  );
  const files = readdirSync(vectors).filter((name) => name !== 'vector.schema.json');

  test.each(files)('%s', (name) => {
    const { cases } = JSON.parse(readFileSync(vectors + name, 'utf8')) as { cases: { expect: Expected[] }[] };
    const envelopes = cases.flatMap((one) => one.expect.flatMap(({ envelope }) => envelope ?? []));
    expect(envelopes.length).toBeGreaterThan(0);
    for (const envelope of envelopes) {
      const schema = schemas.get(envelope.t);
      if (schema !== undefined) expect(schema.Errors(envelope), JSON.stringify(envelope)).toEqual([true, []]);
    }
  });

  test('every message type has a vector', () => {
    const text = files.map((name) => readFileSync(vectors + name, 'utf8')).join('');
    for (const type of schemas.keys()) expect(text).toContain(`"t": "${type}"`);
  });
});
