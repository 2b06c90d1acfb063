// Pages whose features are not built yet: what they will be, and what does the job until then.

import type { ReactElement } from 'react';
import { EmptyState } from '../../components/empty-state';

const PAGES = {
  sweeps: {
    title: 'Sweeps come later',
    text: 'Here trials of one search will stand together. Until then, give each trial the same experiment and its own params: the experiment’s page ranks them and says which param matters.',
  },
  models: {
    title: 'Models come later',
    text: 'Here promoted checkpoints will get names, versions and stages. Until then, promote a checkpoint on its run’s page: the run remembers it.',
  },
  alerts: {
    title: 'Alerts come later',
    text: "Here rules will watch metrics and runs and tell you. Until then, a search such as “status = 'failed' order by started desc”, saved as a view, shows what needs a look.",
  },
} as const;

export function LaterPage({ of }: { readonly of: keyof typeof PAGES }): ReactElement {
  const { title, text } = PAGES[of];
  return (
    <EmptyState heading="h1" title={title}>
      {text}
    </EmptyState>
  );
}
