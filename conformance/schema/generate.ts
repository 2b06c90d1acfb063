// The JSON Schema of every message of the protocol, made from the definitions that the decoder itself uses.
// `XTRACK_WRITE_SCHEMA=1 npx vitest run src/protocol/schema-export.test.ts` writes the files beside this one.

import { PROTOCOL_VERSION } from '../../src/protocol/limits.js';
import { COLLECTOR_PAYLOADS, Meta, WORKER_PAYLOADS } from '../../src/protocol/schemas.js';

const directions = [
  { direction: 'worker → collector', payloads: WORKER_PAYLOADS },
  { direction: 'collector → worker', payloads: COLLECTOR_PAYLOADS },
];

/** File name → text of each schema. */
export function generateSchemas(): Map<string, string> {
  const files = new Map<string, string>();
  for (const { direction, payloads } of directions) {
    for (const [type, payload] of Object.entries(payloads)) {
      const schema = {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        title: type,
        description: `XTrack protocol ${PROTOCOL_VERSION}, ${direction}. What a peer should write; readers are more lenient. Lengths also bound UTF-8 bytes.`,
        type: 'object',
        required: ['v', 't', 'm', 'p'],
        properties: { v: { const: PROTOCOL_VERSION }, t: { const: type }, m: Meta, p: payload },
      };
      files.set(`${type}.json`, `${JSON.stringify(schema, null, 2)}\n`);
    }
  }
  return files;
}
