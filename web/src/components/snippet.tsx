// Lines of code to copy.

import type { ReactElement } from 'react';
import classes from './components.module.css';
import { CopyButton } from './copy-button';

export function Snippet({ text, label }: { readonly text: string; readonly label: string }): ReactElement {
  return (
    <div className={classes.snippet}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a stretch that scrolls must be reachable with the keyboard */}
      <pre tabIndex={0} title={label}>
        {text}
      </pre>
      <CopyButton value={text} label={`Copy: ${label}`} />
    </div>
  );
}
