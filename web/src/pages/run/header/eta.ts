// How far a run is and when it will be done: from the pace seen lately, so that a pause, a resumed run or a slow start does not mislead.

/** What a run says of its progress, at a moment. Times: ms since the epoch. */
export interface ProgressSample {
  readonly at: number;
  readonly current: number;
}

export interface Pace {
  readonly current: number;
  readonly total: number | undefined;
  readonly startedAt: number | null;
  readonly now: number;
  /** Oldest first, of this page's life. */
  readonly samples: readonly ProgressSample[];
}

export interface Estimate {
  /** Done, 0 to 1; null: nobody said how much there is. */
  readonly fraction: number | null;
  /** ms; null: it cannot be told. */
  readonly remainingMs: number | null;
  /** Units a second; null: it cannot be told. */
  readonly perSecond: number | null;
}

const MOST_SAMPLES = 64;
/** ms between two samples that are kept: 64 of them reach back half an hour at least. */
const SAMPLE_GAP_MS = 30_000;
/** A longer guess says nothing. */
const LONGEST_MS = 1_000 * 86_400_000;

/** The samples with a new one; those that a restart made void are gone. */
export function addSample(samples: readonly ProgressSample[], sample: ProgressSample): readonly ProgressSample[] {
  const last = samples.at(-1);
  if (last === undefined || sample.current < last.current) return [sample];
  if (sample.current === last.current || sample.at <= last.at) return samples;
  // The newest one moves on until it is far enough from the one before it.
  const before = samples.at(-2);
  const kept = before !== undefined && last.at - before.at < SAMPLE_GAP_MS ? samples.slice(0, -1) : samples;
  return [...kept, sample].slice(-MOST_SAMPLES);
}

export function estimate(pace: Pace): Estimate {
  const { current, total } = pace;
  const perSecond = paceOf(pace);
  if (total === undefined || !(total > 0)) return { fraction: null, remainingMs: null, perSecond };
  const fraction = Math.min(1, Math.max(0, current / total));
  return { fraction, perSecond, remainingMs: remaining(pace, total - current, perSecond) };
}

function remaining({ now, samples }: Pace, left: number, perSecond: number | null): number | null {
  if (left <= 0) return 0;
  if (perSecond === null) return null;
  const last = samples.at(-1);
  // Time since the newest sample is progress that was not said yet.
  const since = last === undefined ? 0 : Math.max(0, now - last.at);
  const ms = Math.max(0, (left / perSecond) * 1_000 - since);
  return ms <= LONGEST_MS ? ms : null;
}

function paceOf({ current, startedAt, now, samples }: Pace): number | null {
  const [first] = samples;
  const last = samples.at(-1);
  if (first !== undefined && last !== undefined && last.current > first.current) {
    return ((last.current - first.current) / (last.at - first.at)) * 1_000;
  }
  if (startedAt === null || current <= 0) return null;
  const elapsed = (last?.at ?? now) - startedAt;
  return elapsed > 0 ? (current / elapsed) * 1_000 : null;
}
