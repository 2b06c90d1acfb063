// The search bar: the search language with colours, completion, and an error at its place.

import { CloseButton } from '@mantine/core';
import { type KeyboardEvent, type ReactElement, useId, useRef } from 'react';
import { Icon } from '../../../components/icon';
import classes from '../search.module.css';
import { SearchOptions } from './search-options';
import { SearchTrouble } from './search-trouble';
import { type SearchControl, useSearchText } from './use-search-text';

interface SearchBarProps {
  /** What is shown now. */
  readonly q: string;
  /** Called with what can be read, when the typing pauses. */
  readonly onSearch: (q: string) => void;
  readonly disabledReason: string | null;
}

export function SearchBar({ q, onSearch, disabledReason }: SearchBarProps): ReactElement {
  const input = useRef<HTMLInputElement>(null);
  const control = useSearchText(q, onSearch, input);
  const listId = useId();
  const { text, pieces, options, chosen, fault, showFault } = control;
  return (
    <search className={classes.search}>
      <div className={classes.box} data-fault={showFault || undefined}>
        <Icon name="search" size={14} />
        <div className={classes.field}>
          <div className={classes.colours} aria-hidden ref={control.colours}>
            {pieces.map(({ kind, text: own, at, fault: bad }) => (
              <span key={at} data-kind={kind} data-fault={(bad && showFault) || undefined}>
                {own}
              </span>
            ))}
          </div>
          <input
            id="runs-search"
            ref={input}
            className={classes.input}
            role="combobox"
            aria-label="Search runs"
            aria-expanded={options.length > 0}
            aria-controls={listId}
            aria-autocomplete="list"
            aria-activedescendant={chosen === null ? undefined : `${listId}-${chosen}`}
            aria-invalid={showFault}
            aria-describedby={fault === null ? undefined : `${listId}-trouble`}
            placeholder={disabledReason ?? "metrics.val_loss < 0.3 and status = 'completed' order by started desc"}
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            value={text}
            onChange={(event) => control.type(event.currentTarget.value)}
            onKeyDown={(event) => onKey(event, control)}
            onScroll={control.scroll}
            onSelect={control.scroll}
            onBlur={control.close}
          />
        </div>
        {text !== '' && <CloseButton size="xs" aria-label="Clear the search" onClick={control.clear} />}
      </div>
      <SearchOptions id={listId} options={options} chosen={chosen} left={control.left} onChoose={control.choose} />
      <SearchTrouble
        id={`${listId}-trouble`}
        text={text}
        fault={showFault && options.length === 0 ? fault : null}
        onFix={control.replace}
      />
    </search>
  );
}

function onKey(event: KeyboardEvent, control: SearchControl): void {
  const { options, chosen } = control;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step !== undefined && options.length > 0) control.move(step);
  else if ((event.key === 'Enter' || event.key === 'Tab') && chosen !== null) control.choose(chosen);
  else if (event.key === 'Enter') control.commit();
  else if (event.key === 'Escape' && options.length > 0) control.close();
  else if (event.key === ' ' && event.ctrlKey) control.complete();
  else return;
  event.preventDefault();
}
