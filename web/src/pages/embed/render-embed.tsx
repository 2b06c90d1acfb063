// Puts the small page of one run into the document.

import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { type ReactElement, StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { makeQueryClient } from '../../api/query-client';
import { Boundary } from '../../components/boundary';
import { ErrorState } from '../../components/error-state';
import { theme } from '../../theme/theme';
import { EmbedPage } from './embed-page';

export function renderEmbed(place: HTMLElement, runId: string): void {
  createRoot(place).render(
    <StrictMode>
      <EmbedApp runId={runId} />
    </StrictMode>,
  );
}

function EmbedApp({ runId }: { readonly runId: string }): ReactElement {
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
