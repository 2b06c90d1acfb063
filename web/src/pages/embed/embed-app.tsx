// The small page by itself: no session, no stream, no navigation; the link says what may be seen.

import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { type ReactElement, useState } from 'react';
import { makeQueryClient } from '../../api/query-client';
import { Boundary } from '../../components/boundary';
import { ErrorState } from '../../components/error-state';
import { theme } from '../../theme/theme';
import { EmbedPage } from './embed-page';

export function EmbedApp({ runId }: { readonly runId: string }): ReactElement {
  const [client] = useState(makeQueryClient);
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
      <QueryClientProvider client={client}>
        <Boundary of={runId} fallback={(error) => <ErrorState error={error} />}>
          <EmbedPage runId={runId} />
        </Boundary>
      </QueryClientProvider>
    </MantineProvider>
  );
}
