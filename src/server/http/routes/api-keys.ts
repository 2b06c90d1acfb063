// The keys that open the server: listed, made and taken out of force.

import Type from 'typebox';
import { XTrackError } from '../../../protocol/errors.js';
import { type Route, route } from '../route.js';

const admin = { scope: 'admin', of: 'server' } as const;
const scope = Type.Enum(['read', 'write', 'admin']);
const nullableText = Type.Union([Type.String(), Type.Null()]);

const shown = {
  id: Type.String(),
  name: Type.String(),
  scope,
  experiment: nullableText,
  createdAt: Type.String(),
  expiresAt: nullableText,
};

export const apiKeysRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/api-keys',
    summary: 'The keys that were given out',
    chapter: 'keys',
    access: admin,
    answer: { schema: Type.Array(Type.Object(shown)) },
    handle: ({ services }) => services.keys.list(),
  }),
  route({
    method: 'POST',
    path: '/api-keys',
    summary: 'Make a key; it is shown in the answer and never again',
    chapter: 'keys',
    access: admin,
    body: Type.Object(
      {
        name: Type.String({ minLength: 1, maxLength: 100 }),
        scope,
        experiment: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: 'Only for runs of this experiment' })),
        expiresAt: Type.Optional(Type.String({ format: 'date-time' })),
      },
      { additionalProperties: false },
    ),
    answer: { status: 201, schema: Type.Object({ ...shown, key: Type.String() }) },
    errors: ['XT_ARGUMENT'],
    audit: ({ name, scope: allowed, experiment, expiresAt }, result) => ({
      id: (result as { id?: string } | undefined)?.id,
      name,
      scope: allowed,
      experiment,
      expiresAt,
    }),
    handle({ services, body, reply }) {
      reply.header('cache-control', 'no-store');
      return services.keys.create(body);
    },
  }),
  route({
    method: 'DELETE',
    path: '/api-keys/:id',
    summary: 'Take a key out of force, with every session that came from it',
    chapter: 'keys',
    access: admin,
    params: Type.Object({ id: Type.String({ maxLength: 100 }) }),
    answer: { status: 204 },
    errors: ['XT_KEY_NOT_FOUND'],
    handle({ services, params }) {
      if (!services.keys.revoke(params.id)) throw new XTrackError('XT_KEY_NOT_FOUND', { field: 'id' });
    },
  }),
];
