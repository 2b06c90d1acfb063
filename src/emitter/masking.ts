// Secrets leave no process: what looks like one in an event is masked before the event is numbered, and the user is told.

import type { JsonValue } from '../protocol/events.js';
import { MASK, maskedValue } from '../protocol/secrets.js';
import type { EventBody } from './event-queue.js';
import { warnOnce } from './warnings.js';

/** The fields by type in which a secret may stand: texts, or objects whose keys name their values. Metrics are numbers. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  run_start: ['name', 'tags', 'source'],
  run_end: ['error'],
  tags: ['tags'],
  log: ['message', 'fields'],
  status: ['message'],
  artifact: ['path', 'name', 'metadata'],
  checkpoint: ['path', 'metadata'],
  command_result: ['result', 'error'],
};

/** Masks the secrets in events that nobody else holds yet. */
export function maskSecrets(bodies: readonly EventBody[]): readonly EventBody[] {
  for (const body of bodies) {
    if (body.type === 'metric' || body.type === 'metric_batch') continue;
    mask(body as unknown as Record<string, JsonValue | undefined>);
  }
  return bodies;
}

function mask(body: Record<string, JsonValue | undefined>): void {
  if (body.type === 'param' && body.value !== undefined) body.value = maskedValue(body.value, String(body.key), tell);
  for (const field of FIELDS[String(body.type)] ?? []) {
    const value = body[field];
    if (value !== undefined) body[field] = maskedValue(value, '', tell);
  }
  const { environment } = body as { environment?: { envVars?: JsonValue } };
  if (environment?.envVars !== undefined) body.environment = { ...environment, envVars: maskedValue(environment.envVars, '', tell) };
}

function tell(name: string): void {
  const what = name === '' ? 'a part of a text' : `the value of ${JSON.stringify(name)}`;
  warnOnce(`mask ${name}`, `${what} looks like a secret and is recorded as ${MASK} (XTRACK_MASK=off records it; said once)`);
}
