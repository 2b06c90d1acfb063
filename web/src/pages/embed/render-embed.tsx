// Puts the small page of one run into the document.

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { EmbedApp } from './embed-app';

export function renderEmbed(place: HTMLElement, runId: string): void {
  createRoot(place).render(
    <StrictMode>
      <EmbedApp runId={runId} />
    </StrictMode>,
  );
}
