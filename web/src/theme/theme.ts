// The theme: sizes and defaults of Mantine's parts. Its colours are CSS variables in tokens.css, since no style may be made at run time.

import { createTheme, Drawer, Menu, Modal, Popover, Tooltip } from '@mantine/core';

/** What stops the page behind from scrolling makes a style at run time, which the content security policy refuses. */
const noScrollLock = { lockScroll: false };
const closable = { closeButtonProps: { 'aria-label': 'Close' } };

export const theme = createTheme({
  primaryColor: 'indigo',
  defaultRadius: 6,
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Modal: Modal.extend({ defaultProps: { ...noScrollLock, ...closable, centered: true, transitionProps: { duration: 120 } } }),
    Drawer: Drawer.extend({ defaultProps: { ...noScrollLock, ...closable, transitionProps: { duration: 120 } } }),
    // Its placeholder for the focus is no item of a menu.
    Menu: Menu.extend({ defaultProps: { transitionProps: { duration: 80 }, shadow: 'md', withInitialFocusPlaceholder: false } }),
    Popover: Popover.extend({ defaultProps: { transitionProps: { duration: 80 }, shadow: 'md' } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 400, transitionProps: { duration: 80 } } }),
    ...sized([
      'Button',
      'TextInput',
      'NumberInput',
      'Select',
      'MultiSelect',
      'Textarea',
      'PasswordInput',
      'Autocomplete',
      'SegmentedControl',
      'Chip',
      'Checkbox',
      'Switch',
      'TagsInput',
    ]),
  },
});

/** Dense by default. */
function sized(names: readonly string[]): Readonly<Record<string, { readonly defaultProps: { readonly size: string } }>> {
  return Object.fromEntries(names.map((name) => [name, { defaultProps: { size: 'xs' } }]));
}
