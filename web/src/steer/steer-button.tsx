// A button that may be off: it keeps the focus then, so that who uses the keyboard is not thrown out of the panel by the own command.

import { Button, type ButtonProps } from '@mantine/core';
import type { MouseEvent, ReactElement } from 'react';

interface SteerButtonProps extends ButtonProps {
  readonly off: boolean;
  readonly type?: 'submit';
  readonly onClick?: () => void;
  readonly 'aria-describedby'?: string | undefined;
}

export function SteerButton({ off, type, onClick, ...props }: SteerButtonProps): ReactElement {
  const press = (event: MouseEvent): void => {
    // A form is not sent by it either.
    if (off) event.preventDefault();
    else onClick?.();
  };
  return <Button variant="default" {...props} type={type ?? 'button'} aria-disabled={off} data-disabled={off} onClick={press} />;
}
