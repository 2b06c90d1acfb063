// The cache of answers: what is live is kept fresh by the stream, so nothing is read again just because a window gained focus.

import { QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError } from './client';
import { keys } from './keys';

/** Tries after the first, where the server could not be reached or was busy. */
const RETRIES = 3;
const STALE_MS = 2_000;
/** ms between two looks whether a server that could not be reached is there again. */
const AGAIN_MS = 2_000;

/** True where the same question may be answered later. */
function mayRetry(tries: number, error: Error): boolean {
  const passing = !(error instanceof ApiError) || error.status === 0 || error.status === 429 || error.status >= 502;
  return passing && tries < RETRIES;
}

function isAway(error: Error | null): boolean {
  return error instanceof ApiError && error.code === 'XT_OFFLINE';
}

export function makeQueryClient(): QueryClient {
  const client = new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        // The session is over: the page asks for a key.
        if (error instanceof ApiError && error.status === 401 && query.queryKey[0] !== keys.info[0])
          void client.resetQueries({ queryKey: keys.info });
      },
    }),
    defaultOptions: {
      queries: {
        retry: mayRetry,
        staleTime: STALE_MS,
        refetchOnWindowFocus: false,
        // The server may be this machine: a browser that has no network reaches it all the same.
        networkMode: 'always',
        refetchInterval: ({ state: { status, error } }) => status === 'error' && isAway(error) && AGAIN_MS,
      },
      mutations: { networkMode: 'always' },
    },
  });
  return client;
}
