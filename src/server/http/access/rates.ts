// How often one caller may ask, and one address may be wrong.

import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { XTrackError } from '../../../protocol/errors.js';
import { clientOf } from './caller.js';

export interface Rates {
  /** Requests of one key, or of one address without one, in a minute. Default 6,000. */
  readonly requests: number;
  /** Requests with a wrong key from one address in a minute. Default 30. */
  readonly failures: number;
}

const RATES: Rates = { requests: 6_000, failures: 30 };
const WINDOW_MS = 60_000;

type Count = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

export interface Limits {
  /** Counts a request of a caller that is known. Throws XT_RATE_LIMIT where it is one too many. */
  readonly request: Count;
  /** Counts a wrong key. Throws XT_RATE_LIMIT where it is one too many; whoever has a right one is not held up. */
  readonly failure: Count;
}

export async function makeLimits(app: FastifyInstance, wanted: Partial<Rates> = {}): Promise<Limits> {
  const { requests, failures } = { ...RATES, ...wanted };
  if (!app.hasDecorator('createRateLimit')) await app.register(rateLimit, { global: false });
  const counter = (max: number, keyGenerator: (request: FastifyRequest) => string): Count => {
    const limit = app.createRateLimit({ max, timeWindow: WINDOW_MS, keyGenerator });
    return async (request, reply) => {
      const verdict = await limit(request);
      if (verdict.isAllowed || !verdict.isExceeded) return;
      reply.header('retry-after', String(verdict.ttlInSeconds));
      throw new XTrackError('XT_RATE_LIMIT', { detail: `more than ${max} in a minute` });
    };
  };
  return {
    request: counter(requests, clientOf),
    failure: counter(failures, (request) => `wrong ${request.ip}`),
  };
}
