// A knob's bounds as a slider of whole positions, linear or logarithmic, that gives round values and never leaves the bounds.

export interface KnobBounds {
  readonly value: unknown;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly scale?: 'linear' | 'log' | undefined;
}

export interface KnobScale {
  /** Positions of the slider: 0 to this. */
  readonly positions: number;
  /** Of a value, clamped. */
  position(value: number): number;
  /** Of a position: three significant digits, whole where the knob is whole. */
  value(position: number): number;
}

const POSITIONS = 300;

/** Null where a slider makes no sense: a bound is missing, or there is nothing between them. */
export function knobScale({ value, min, max, scale }: KnobBounds): KnobScale | null {
  if (typeof value !== 'number' || min === undefined || max === undefined || !(max > min)) return null;
  const whole = scale !== 'log' && [value, min, max].every(Number.isInteger) && max - min >= 2;
  const log = scale === 'log' && min > 0;
  const positions = whole && max - min <= POSITIONS ? max - min : POSITIONS;
  const into = (one: number): number => (log ? Math.log(one / min) / Math.log(max / min) : (one - min) / (max - min));
  const from = (share: number): number => (log ? min * (max / min) ** share : min + share * (max - min));
  const clamp = (one: number): number => Math.min(max, Math.max(min, one));
  return {
    positions,
    position: (one) => Math.round(into(clamp(one)) * positions),
    value: (position) => {
      if (position <= 0) return min;
      if (position >= positions) return max;
      const exact = from(position / positions);
      return clamp(whole ? Math.round(exact) : Number(exact.toPrecision(3)));
    },
  };
}

/** What is wrong with a value for the knob; null: nothing. */
export function knobFault(value: number, { min, max }: Pick<KnobBounds, 'min' | 'max'>): string | null {
  if (!Number.isFinite(value)) return 'A number is needed.';
  if (min !== undefined && value < min) return `At least ${min}.`;
  return max !== undefined && value > max ? `At most ${max}.` : null;
}
