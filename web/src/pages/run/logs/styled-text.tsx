// A line of a terminal in its colours, from a palette that can be read in both themes.

import { memo, type ReactElement } from 'react';
import { type StyledPart, styledParts } from './ansi';
import classes from './logs.module.css';

export const StyledText = memo(function StyledText({ text }: { readonly text: string }): ReactElement {
  return (
    <>
      {styledParts(text).map((part, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a line have no other identity, and never move
        <Part key={at} part={part} />
      ))}
    </>
  );
});

function Part({ part: { text, colour, bold, dim, italic, underline } }: { readonly part: StyledPart }): ReactElement {
  if (colour === null && !bold && !dim && !italic && !underline) return <>{text}</>;
  return (
    <span
      className={classes.styled}
      data-colour={colour ?? undefined}
      data-bold={bold || undefined}
      data-dim={dim || undefined}
      data-italic={italic || undefined}
      data-underline={underline || undefined}
    >
      {text}
    </span>
  );
}
