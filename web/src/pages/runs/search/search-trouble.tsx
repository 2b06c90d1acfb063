// What is wrong with the search, or why it finds nothing, with what was probably meant.

import { Button } from '@mantine/core';
import { type ReactElement, useMemo } from 'react';
import { useKeys } from '../../../api/hooks';
import classes from '../search.module.css';
import { type SearchFault, strangersOf } from './search-check';

interface SearchTroubleProps {
  readonly id: string;
  readonly text: string;
  readonly fault: SearchFault | null;
  readonly onFix: (from: number, to: number, text: string) => void;
}

export function SearchTrouble({ id, text, fault, onFix }: SearchTroubleProps): ReactElement {
  const { data: keys } = useKeys();
  const strangers = useMemo(() => (keys === undefined || fault !== null ? [] : strangersOf(text, keys)), [text, keys, fault]);
  const [stranger] = strangers;
  return (
    <div id={id} role="status" className={classes.trouble}>
      {fault !== null && (
        <p className={classes.fault}>
          {fault.message}
          {fault.suggestion !== undefined && (
            <Fix text={fault.suggestion} onFix={() => onFix(fault.from, fault.to, fault.suggestion ?? '')} />
          )}
        </p>
      )}
      {stranger !== undefined && (
        <p className={classes.hint}>
          No run has {stranger.name}.
          {stranger.suggestion !== undefined && text.includes(stranger.name) && (
            <Fix
              text={stranger.suggestion}
              onFix={() =>
                onFix(text.indexOf(stranger.name), text.indexOf(stranger.name) + stranger.name.length, stranger.suggestion ?? '')
              }
            />
          )}
        </p>
      )}
    </div>
  );
}

function Fix({ text, onFix }: { readonly text: string; readonly onFix: () => void }): ReactElement {
  return (
    <Button size="compact-xs" variant="light" onClick={onFix}>
      Use {text}
    </Button>
  );
}
