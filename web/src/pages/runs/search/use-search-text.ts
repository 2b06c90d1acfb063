// What is typed into the search bar: its pieces and its fault at once, the search itself when the typing pauses.

import { type RefObject, useEffect, useMemo, useRef, useState } from 'react';
import { type Completions, completeSearch } from '../../../../../src/query/search/complete.js';
import { useKeys } from '../../../api/hooks';
import { faultOf, type Piece, piecesOf, type SearchFault } from './search-check';

/** ms of silence before a search is asked for, and before an unfinished one is called wrong. */
const PAUSE_MS = 150;
const PATIENCE_MS = 700;
const NO_KEYS = { params: [], tags: [], metrics: [] };
const NO_OPTIONS: Completions['options'] = [];

export interface SearchControl {
  readonly text: string;
  readonly pieces: readonly Piece[];
  readonly fault: SearchFault | null;
  /** The fault is not only of being unfinished. */
  readonly showFault: boolean;
  readonly options: Completions['options'];
  readonly chosen: number | null;
  /** px: where the options stand below what they complete. */
  readonly left: number;
  readonly colours: RefObject<HTMLDivElement | null>;
  readonly type: (text: string) => void;
  readonly choose: (at: number) => void;
  readonly move: (step: number) => void;
  readonly close: () => void;
  readonly complete: () => void;
  readonly clear: () => void;
  readonly commit: () => void;
  /** Puts a text in the place of a stretch of it. */
  readonly replace: (from: number, to: number, text: string) => void;
  readonly scroll: () => void;
}

export function useSearchText(q: string, onSearch: (q: string) => void, input: RefObject<HTMLInputElement | null>): SearchControl {
  const [text, setText] = useState(q);
  const [showFault, setShowFault] = useState(true);
  const colours = useRef<HTMLDivElement>(null);
  const fault = useMemo(() => faultOf(text), [text]);
  const pieces = useMemo(() => piecesOf(text, fault), [text, fault]);
  const commit = useCommit({ q, text, setText, fault, onSearch, setShowFault });
  const offer = useOffer(text, setText, input);
  const scroll = (): void => {
    colours.current?.scrollTo({ left: input.current?.scrollLeft ?? 0 });
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours follow whatever is typed
  useEffect(scroll, [text]);
  return {
    ...{ text, pieces, fault, colours, scroll, commit, ...offer },
    showFault: fault !== null && showFault,
    type(next) {
      setText(next);
      offer.offerAt(next, input.current?.selectionStart ?? next.length);
    },
    clear() {
      setText('');
      offer.close();
      onSearch('');
      input.current?.focus();
    },
  };
}

type Offer = Pick<SearchControl, 'options' | 'chosen' | 'left' | 'choose' | 'move' | 'close' | 'complete' | 'replace'> & {
  readonly offerAt: (text: string, at: number) => void;
};

/** What may come next where one types. */
function useOffer(text: string, setText: (text: string) => void, input: RefObject<HTMLInputElement | null>): Offer {
  const { data: keys = NO_KEYS } = useKeys();
  const [offer, setOffer] = useState<Completions | null>(null);
  const [chosen, setChosen] = useState<number | null>(null);
  const show = (next: Completions | null): void => {
    setOffer(next);
    setChosen(null);
  };
  const offerAt = (next: string, at: number): void => show(worthwhile(next, completeSearch(next, at, keys)));
  const replace = (from: number, to: number, by: string): void => {
    const next = text.slice(0, from) + by + text.slice(to);
    setText(next);
    show(null);
    const caret = from + by.length;
    // The browser puts the caret at the end of a value that is set.
    requestAnimationFrame(() => {
      input.current?.focus();
      input.current?.setSelectionRange(caret, caret);
      if (/[.(]$/.test(by)) offerAt(next, caret);
    });
  };
  return {
    options: offer?.options ?? NO_OPTIONS,
    chosen,
    left: offer === null ? 0 : leftOf(offer.from, input.current),
    offerAt,
    replace,
    close: () => show(null),
    complete: () => offerAt(text, input.current?.selectionStart ?? text.length),
    choose(at) {
      const option = offer?.options[at];
      if (offer === null || option === undefined) return;
      const space = ['operator', 'keyword', 'value'].includes(option.kind) && !/[( ]$/.test(option.text) ? ' ' : '';
      replace(offer.from, offer.to, option.text + space);
    },
    move(step) {
      const count = offer?.options.length ?? 0;
      setChosen(chosen === null ? (step > 0 ? 0 : count - 1) : (chosen + step + count) % count);
    },
  };
}

interface CommitOptions {
  readonly q: string;
  readonly text: string;
  readonly setText: (text: string) => void;
  readonly fault: SearchFault | null;
  readonly onSearch: (q: string) => void;
  readonly setShowFault: (show: boolean) => void;
}

/** Searches when the typing pauses, and takes over a search that came from elsewhere: a link, a column's head, the back button. */
function useCommit({ q, text, setText, fault, onSearch, setShowFault }: CommitOptions): () => void {
  const sent = useRef(q);
  const latest = useRef(onSearch);
  latest.current = onSearch;
  useEffect(() => {
    if (q === sent.current) return;
    sent.current = q;
    setText(q);
  }, [q, setText]);
  useEffect(() => {
    if (text === sent.current) {
      setShowFault(true);
      return;
    }
    setShowFault(false);
    const timers = [
      setTimeout(() => {
        if (fault !== null) return;
        sent.current = text;
        latest.current(text);
      }, PAUSE_MS),
      setTimeout(() => setShowFault(true), PATIENCE_MS),
    ];
    return () => timers.forEach(clearTimeout);
  }, [text, fault, setShowFault]);
  return () => {
    setShowFault(true);
    if (fault !== null) return;
    sent.current = text;
    onSearch(text);
  };
}

/** Right behind a word or a number that is finished, nothing is offered: it may still go on. */
function worthwhile(text: string, offer: Completions): Completions | null {
  const before = text[offer.to - 1] ?? '';
  return offer.from === offer.to && before !== '' && !/[\s.(,]/.test(before) ? null : offer;
}

/** Width of what stands before a place: the face of the bar is one where all signs are as wide. */
function leftOf(from: number, input: HTMLInputElement | null): number {
  if (input === null) return 0;
  const size = Number.parseFloat(getComputedStyle(input).fontSize);
  return Math.max(0, Math.min(input.clientWidth - 220, from * size * 0.6 - input.scrollLeft));
}
