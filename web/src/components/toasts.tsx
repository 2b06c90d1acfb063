// Draws the messages at the bottom of the page.

import { Button, CloseButton } from '@mantine/core';
import type { ReactElement } from 'react';
import { hideToast, useToasts } from './toast-store';
import classes from './toasts.module.css';

export function Toasts(): ReactElement {
  const toasts = useToasts();
  return (
    <div className={classes.toasts} role="status" aria-live="polite">
      {toasts.map(({ id, text, bad, action }) => (
        <div key={id} className={classes.toast} data-bad={bad || undefined}>
          <span>{text}</span>
          {action !== undefined && (
            <Button
              size="compact-xs"
              variant="default"
              onClick={() => {
                hideToast(id);
                action.run();
              }}
            >
              {action.label}
            </Button>
          )}
          <CloseButton size="sm" aria-label="Close" onClick={() => hideToast(id)} />
        </div>
      ))}
    </div>
  );
}
