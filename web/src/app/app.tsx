// The whole page: theme, cache, session, and the shell with what the address names.

import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { type ReactElement, type ReactNode, useEffect, useState } from 'react';
import { Router } from 'wouter';
import { BASE } from '../api/base';
import { ApiError } from '../api/client';
import { useInfo } from '../api/hooks';
import { keys } from '../api/keys';
import { onReset, startLive } from '../api/live/live';
import { makeQueryClient } from '../api/query-client';
import { ErrorState } from '../components/error-state';
import { theme } from '../theme/theme';
import { Shell } from './shell';
import { SignIn } from './sign-in';

export function App(): ReactElement {
  const [client] = useState(makeQueryClient);
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
      <QueryClientProvider client={client}>
        <Router base={BASE}>
          <SessionGate>
            <Live client={client} />
            <Shell />
          </SessionGate>
        </Router>
      </QueryClientProvider>
    </MantineProvider>
  );
}

/** What no item of the stream changes. */
const TIMELESS: ReadonlySet<unknown> = new Set([keys.info[0], keys.searchKeys[0], keys.apiKeys[0]]);

/** Opens the stream when there is a session, and reads everything anew that it missed. */
function Live({ client }: { readonly client: ReturnType<typeof makeQueryClient> }): null {
  const principal = useInfo().data?.principal;
  const session = principal === undefined ? undefined : JSON.stringify(principal);
  useEffect(() => {
    if (session === undefined) return;
    const leave = onReset(() => void client.invalidateQueries({ predicate: ({ queryKey }) => !TIMELESS.has(queryKey[0]) }));
    startLive(session);
    return leave;
  }, [client, session]);
  return null;
}

/** The page is drawn while it is not known yet: whoever is signed in should not wait, and the others see no more than its frame. */
function SessionGate({ children }: { readonly children: ReactNode }): ReactElement {
  const { error, refetch } = useInfo();
  if (error instanceof ApiError && error.status === 401) return <SignIn />;
  if (error !== null) return <ErrorState title="The server does not answer" error={error} onRetry={refetch} />;
  return <>{children}</>;
}
