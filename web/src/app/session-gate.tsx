// Shows the page to those who are signed in, and asks the others for a key.

import type { ReactElement, ReactNode } from 'react';
import { ApiError } from '../api/client';
import { useInfo } from '../api/hooks';
import { ErrorState } from '../components/error-state';
import { SignIn } from './sign-in';

/** The page is drawn while it is not known yet: whoever is signed in should not wait, and the others see no more than its frame. */
export function SessionGate({ children }: { readonly children: ReactNode }): ReactElement {
  const { error, refetch } = useInfo();
  if (error instanceof ApiError && error.status === 401) return <SignIn />;
  if (error !== null) return <ErrorState title="The server does not answer" error={error} onRetry={refetch} />;
  return <>{children}</>;
}
