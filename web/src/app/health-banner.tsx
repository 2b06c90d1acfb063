// Says on every page that the server takes no events just now, and why.

import { Alert } from '@mantine/core';
import type { ReactElement } from 'react';
import { useHealth } from '../api/hooks';

export function HealthBanner(): ReactElement | null {
  const health = useHealth().data;
  if (health?.status !== 'degraded') return null;
  return (
    <Alert color="red" variant="light" radius={0} role="alert" title="Nothing new is stored just now">
      {health.reason}
    </Alert>
  );
}
