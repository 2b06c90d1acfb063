// A part of a page that cannot be loaded (the server is away, or has a newer page) or drawn says so in its place: the rest stays.

import type { ReactElement, ReactNode } from 'react';
import { Boundary } from './boundary';
import { ErrorState } from './error-state';

interface PagePartProps {
  /** What is shown in it: with something else it is tried again. */
  readonly of: string;
  readonly children: ReactNode;
}

export function PagePart({ of, children }: PagePartProps): ReactElement {
  return (
    <Boundary
      of={of}
      fallback={(error) => <ErrorState title="This part cannot be shown" error={error} onRetry={() => globalThis.location.reload()} />}
    >
      {children}
    </Boundary>
  );
}
