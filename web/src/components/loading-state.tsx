// Something is on its way.

import { Loader } from '@mantine/core';
import type { ReactElement } from 'react';
import classes from './components.module.css';

export function LoadingState({ label = 'Loading…' }: { readonly label?: string }): ReactElement {
  return (
    <div className={classes.loading} role="status">
      <Loader size={16} aria-hidden />
      {label}
    </div>
  );
}
