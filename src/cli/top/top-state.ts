// What the page shows and what a key does to it. Pure: whatever must be done outside comes back as an intent.

import type { CommandType, JsonValue } from '../../index.js';
import { SORTS, type Sort, type TopDetails } from './top-data.js';
import type { TopRun } from './top-run.js';

/** Rows of a page key. */
const PAGE = 10;
/** Characters of a prompt. */
const MOST_TYPED = 500;

export interface Prompt {
  readonly kind: 'filter' | 'lr' | 'stop';
  readonly text: string;
  /** What it is about: the selection may move on meanwhile. */
  readonly run: TopRun | undefined;
}

export interface Note {
  readonly text: string;
  readonly tone: 'plain' | 'good' | 'bad';
}

/** What a key asks of the world outside. */
export type Intent =
  | { readonly kind: 'quit' }
  /** The runs, or the page of one, are to be read anew. */
  | { readonly kind: 'refresh' }
  | { readonly kind: 'command'; readonly run: TopRun; readonly type: CommandType; readonly payload: Readonly<Record<string, JsonValue>> }
  | { readonly kind: 'stop'; readonly run: TopRun };

const COMMANDS: ReadonlyMap<string, CommandType> = new Map([
  ['p', 'pause'],
  ['r', 'resume'],
  ['c', 'checkpoint_now'],
]);

export class TopState {
  rows: readonly TopRun[] = [];
  details: TopDetails | undefined;
  page: 'list' | 'details' | 'help' = 'list';
  prompt: Prompt | undefined;
  note: Note | undefined;
  filter: string;
  sort: Sort = 'newest';
  #selected: string | undefined;

  constructor(filter: string) {
    this.filter = filter;
  }

  /** Takes the runs as they are now. The selection stays on its run, or on its place where that is gone. */
  show(rows: readonly TopRun[]): void {
    const at = this.selectedAt;
    const there = rows.some(({ run }) => run.runId === this.#selected);
    if (!there) {
      this.#selected = rows[Math.min(at, rows.length - 1)]?.run.runId;
      if (this.page === 'details') this.page = 'list';
    }
    this.rows = rows;
  }

  get selectedAt(): number {
    return Math.max(
      0,
      this.rows.findIndex(({ run }) => run.runId === this.#selected),
    );
  }

  get selected(): TopRun | undefined {
    return this.rows[this.selectedAt];
  }

  press(key: string): Intent | undefined {
    if (key === 'interrupt') return { kind: 'quit' };
    if (this.prompt !== undefined) return this.#answer(this.prompt, key);
    this.note = undefined;
    return this.#move(key) ?? this.#turn(key) ?? this.#steer(key);
  }

  #move(key: string): undefined {
    const steps = { up: -1, down: 1, pageup: -PAGE, pagedown: PAGE, home: -this.rows.length, end: this.rows.length };
    const by = Object.hasOwn(steps, key) ? steps[key as keyof typeof steps] : 0;
    if (by === 0 || this.page === 'help') return undefined;
    const to = Math.max(0, Math.min(this.rows.length - 1, this.selectedAt + by));
    this.#selected = this.rows[to]?.run.runId;
  }

  /** To another page, order or filter. */
  #turn(key: string): Intent | undefined {
    switch (key) {
      case '?':
        this.page = this.page === 'help' ? 'list' : 'help';
        return undefined;
      case 'q':
      case 'escape':
        return this.#back(key);
      case 'enter':
        this.page = this.page === 'list' && this.selected !== undefined ? 'details' : 'list';
        return { kind: 'refresh' };
      case 's':
        this.sort = SORTS[(SORTS.indexOf(this.sort) + 1) % SORTS.length] as Sort;
        return { kind: 'refresh' };
      case '/':
        this.prompt = { kind: 'filter', text: this.filter, run: undefined };
        return undefined;
      default:
        return this.page === 'details' && (key === 'up' || key === 'down') ? { kind: 'refresh' } : undefined;
    }
  }

  /** From a page to the list; from a filtered list to all runs; and then away, with q alone. */
  #back(key: 'q' | 'escape'): Intent | undefined {
    if (this.page === 'list') return key === 'q' ? { kind: 'quit' } : this.#search('');
    this.page = 'list';
    return undefined;
  }

  #steer(key: string): Intent | undefined {
    const type = COMMANDS.get(key);
    if (type === undefined && key !== 'l' && key !== 'k') return undefined;
    const run = this.selected;
    if (run === undefined) return undefined;
    if (!run.live) {
      this.note = { text: `${run.name} has ended: it is ${run.run.status}`, tone: 'bad' };
      return undefined;
    }
    if (type !== undefined) return { kind: 'command', run, type, payload: {} };
    this.prompt = { kind: key === 'l' ? 'lr' : 'stop', text: '', run };
    return undefined;
  }

  #answer(prompt: Prompt, key: string): Intent | undefined {
    if (prompt.kind === 'stop') {
      this.prompt = undefined;
      return (key === 'y' || key === 'Y') && prompt.run !== undefined ? { kind: 'stop', run: prompt.run } : undefined;
    }
    if (key === 'escape') this.prompt = undefined;
    else if (key === 'enter') return this.#entered(prompt);
    else if (key === 'clear') this.prompt = { ...prompt, text: '' };
    else if (key === 'backspace') this.prompt = { ...prompt, text: [...prompt.text].slice(0, -1).join('') };
    else if ([...key].length === 1 && prompt.text.length < MOST_TYPED) this.prompt = { ...prompt, text: prompt.text + key };
    return undefined;
  }

  #entered({ kind, text, run }: Prompt): Intent | undefined {
    this.prompt = undefined;
    if (kind === 'filter') return this.#search(text.trim());
    const lr = Number(text);
    if (text.trim() === '' || run === undefined) return undefined;
    if (Number.isFinite(lr) && lr > 0) return { kind: 'command', run, type: 'adjust_lr', payload: { lr } };
    this.note = { text: `'${text}' is no learning rate: a number over 0, such as 3e-4`, tone: 'bad' };
    return undefined;
  }

  #search(filter: string): Intent {
    this.filter = filter;
    this.note = undefined;
    return { kind: 'refresh' };
  }
}
