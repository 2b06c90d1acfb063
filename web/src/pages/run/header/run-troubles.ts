// What is missing or wrong in what a run sent, in plain sentences: nobody should have to know what a sequence number is.

import { formatDuration } from '../../../components/format';

export interface TroubleGap {
  readonly worker: string;
  readonly from: number;
  readonly to: number;
  /** Null while the events may still come. */
  readonly reason: string | null;
}

export interface Trouble {
  readonly severity: 'warning' | 'note';
  readonly title: string;
  readonly lines: readonly string[];
}

export interface TroubledRun {
  readonly gaps: readonly TroubleGap[];
  readonly warnings: readonly { readonly code: string; readonly detail: string; readonly worker: string }[];
  readonly status: string;
  readonly live: boolean;
  readonly createdAt?: string;
  readonly startedAt?: string | null;
  readonly endedAt?: string | null;
}

/** ms by which the clock of another machine may be off without a word. */
const CLOCKS_APART = 60_000;
const MOST_LINES = 20;

/** Gravest first; empty: everything that the workers sent has arrived and was understood. */
export function troublesOf(run: TroubledRun): readonly Trouble[] {
  return [...interrupted(run), ...lost(run), ...awaited(run), ...warned(run), ...clocked(run)];
}

/** What the clock of the run's machine did, where that shows in its times. */
function clocked({ createdAt, startedAt, endedAt }: TroubledRun): readonly Trouble[] {
  const [created, started, ended] = [createdAt, startedAt, endedAt].map((at) => (at == null ? Number.NaN : Date.parse(at))) as [
    number,
    number,
    number,
  ];
  const note = (title: string, line: string): readonly Trouble[] => [{ severity: 'note', title, lines: [line] }];
  if (ended < started)
    return note('The clock was set back while the run went on', 'It ends before it began: how long it took is not known.');
  if (started - created > CLOCKS_APART) {
    return note(
      'The clock of its machine is ahead',
      `By its own clock the run began ${formatDuration(started - created)} after it was first heard of.`,
    );
  }
  return [];
}

function interrupted({ status }: TroubledRun): readonly Trouble[] {
  if (status !== 'interrupted') return [];
  return [
    {
      severity: 'warning',
      title: 'Contact with the training is lost for now',
      lines: ['It may well go on: its events are kept where it runs and arrive as soon as it can be reached again.'],
    },
  ];
}

function lost({ gaps }: TroubledRun): readonly Trouble[] {
  const declared = gaps.filter(({ reason }) => reason !== null);
  if (declared.length === 0) return [];
  return [
    {
      severity: 'warning',
      title: `${events(eventsIn(declared))} lost: curves and logs have holes`,
      lines: listed(declared.map((gap) => `${numbered(eventsIn([gap]))} of ${workerName(gap.worker)}: ${gap.reason}`)),
    },
  ];
}

function awaited({ gaps, live }: TroubledRun): readonly Trouble[] {
  const open = gaps.filter(({ reason }) => reason === null);
  if (open.length === 0) return [];
  const title = `${events(eventsIn(open))} missing for now`;
  const hope = live
    ? 'They are on their way, or will be sent again.'
    : 'They may still come from where the run was: its spool is read when it is reached again.';
  return [
    {
      severity: live ? 'note' : 'warning',
      title,
      lines: [hope, ...listed(open.map((gap) => `${numbered(eventsIn([gap]))} of ${workerName(gap.worker)}`))],
    },
  ];
}

function warned({ warnings }: TroubledRun): readonly Trouble[] {
  // A gap's own warning says again what the gap says.
  const others = warnings.filter(({ code }) => code !== 'XT_SEQ_GAP');
  if (others.length === 0) return [];
  const counted = new Map<string, number>();
  for (const { code, detail } of others.toReversed()) counted.set(`${detail} (${code})`, (counted.get(`${detail} (${code})`) ?? 0) + 1);
  return [
    {
      severity: 'warning',
      title: `${others.length === 1 ? '1 thing' : `${others.length} things`} in what the run sent ${others.length === 1 ? 'was' : 'were'} not right`,
      lines: listed([...counted].map(([text, times]) => (times > 1 ? `${text}, ${times} times` : text))),
    },
  ];
}

function listed(lines: readonly string[]): readonly string[] {
  return lines.length <= MOST_LINES ? lines : [...lines.slice(0, MOST_LINES), `and ${lines.length - MOST_LINES} more`];
}

function eventsIn(gaps: readonly TroubleGap[]): number {
  return gaps.reduce((sum, { from, to }) => sum + to - from + 1, 0);
}

function numbered(count: number): string {
  return count === 1 ? '1 event' : `${count.toLocaleString('en')} events`;
}

function events(count: number): string {
  return `${numbered(count)} ${count === 1 ? 'is' : 'are'}`;
}

function workerName(worker: string): string {
  return worker === '' ? 'the worker' : `worker ${worker}`;
}
