// JSON numbers straight from bytes, bit for bit as JSON.parse reads them, without making a string.
// Up to 15 digits: one exact multiplication or division (Clinger 1990). 16–18 digits: division in double-double
// arithmetic (Dekker 1971), taken only where its error bound leaves one answer. Anything else: Number(text).

const ZERO = 0x30;
const MINUS = 0x2d;
const POINT = 0x2e;

/** 10^0 … 10^22: the powers that a double holds exactly. */
const POWERS = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
/** Dekker's constant for doubles, 2^27 + 1. */
const SPLITTER = 134217729;
/** Each power as a sum of two halves of 26 bits. */
const POWERS_HIGH = POWERS.map((power) => power * SPLITTER - (power * SPLITTER - power));
const POWERS_LOW = POWERS.map((power, exponent) => power - (POWERS_HIGH[exponent] as number));
/** Bound of the relative error of the double-double quotient, 100 times what theory says. */
const UNSURE = 2 ** -98;

const decoder = new TextDecoder();

/** Reads one number after another; `value` is the last one. */
export class FastNumber {
  value = 0;

  /** An unsigned integer up to 2^53 - 1 at `from`; returns where it ends, or -1. */
  readCount(bytes: Uint8Array, from: number): number {
    let at = from;
    let digit = (bytes[at] as number) - ZERO;
    if (!(digit >= 0 && digit <= 9)) return -1;
    let high = 0;
    while (digit >= 0 && digit <= 9 && at - from < 9) {
      high = (high * 10 + digit) | 0;
      digit = (bytes[++at] as number) - ZERO;
    }
    let low = 0;
    const middle = at;
    while (digit >= 0 && digit <= 9 && at - from < 16) {
      low = (low * 10 + digit) | 0;
      digit = (bytes[++at] as number) - ZERO;
    }
    if (digit >= 0 && digit <= 9) return -1;
    if (bytes[from] === ZERO && at - from > 1) return -1;
    this.value = middle === at ? high : high * (POWERS[at - middle] as number) + low;
    return this.value <= Number.MAX_SAFE_INTEGER ? at : -1;
  }

  /** An integer that is a JSON number without point or exponent; returns where it ends, or -1. */
  readInteger(bytes: Uint8Array, from: number): number {
    if (bytes[from] !== MINUS) return this.readCount(bytes, from);
    const at = this.readCount(bytes, from + 1);
    this.value = -this.value;
    return at;
  }

  /** A JSON number; returns where it ends, or -1 where there is none. */
  // biome-ignore lint/complexity/noExcessiveCognitiveComplexity: the hottest loop of the decoder, one pass over the digits
  readNumber(bytes: Uint8Array, from: number): number {
    let at = from;
    const negative = bytes[at] === MINUS;
    if (negative) at++;
    const first = at;
    let high = 0;
    let low = 0;
    let digits = 0;
    let digit = (bytes[at] as number) - ZERO;
    if (!(digit >= 0 && digit <= 9)) return -1;
    while (digit >= 0 && digit <= 9) {
      if (digits < 9) high = (high * 10 + digit) | 0;
      else low = (low * 10 + digit) | 0;
      if (high !== 0) digits++;
      digit = (bytes[++at] as number) - ZERO;
    }
    if (bytes[first] === ZERO && at - first > 1) return -1;
    let exponent = 0;
    if (digit === POINT - ZERO) {
      const point = ++at;
      digit = (bytes[at] as number) - ZERO;
      while (digit >= 0 && digit <= 9) {
        if (digits < 9) high = (high * 10 + digit) | 0;
        else low = (low * 10 + digit) | 0;
        if (high !== 0) digits++;
        digit = (bytes[++at] as number) - ZERO;
      }
      if (at === point) return -1;
      exponent = point - at;
    }
    // 'E' and 'e' differ in one bit.
    if (((digit + ZERO) | 0x20) === 0x65) {
      const power = this.readExponent(bytes, at + 1);
      if (power < 0) return -1;
      at = power;
      exponent += this.value;
    }
    const magnitude = digits <= 18 ? scale(high, low, digits, exponent) : Number.NaN;
    if (Number.isNaN(magnitude)) {
      this.value = Number(decoder.decode(bytes.subarray(from, at)));
      // One that overflows, or an integer that may have been rounded, is looked at more closely elsewhere.
      if (!Number.isFinite(this.value) || (Number.isInteger(this.value) && !Number.isSafeInteger(this.value))) return -1;
    } else this.value = negative ? -magnitude : magnitude;
    return at;
  }

  /** Sets `value` to the exponent; one of more than 4 digits is left to JSON.parse. */
  private readExponent(bytes: Uint8Array, from: number): number {
    let at = from;
    const sign = bytes[at];
    if (sign === MINUS || sign === 0x2b) at++;
    const first = at;
    let power = 0;
    let digit = (bytes[at] as number) - ZERO;
    while (digit >= 0 && digit <= 9) {
      power = power * 10 + digit;
      digit = (bytes[++at] as number) - ZERO;
    }
    if (at === first || at - first > 4) return -1;
    this.value = sign === MINUS ? -power : power;
    return at;
  }
}

/** (high · 10^(digits - 9) + low) · 10^exponent, correctly rounded; NaN where that is not certain here. */
function scale(high: number, low: number, digits: number, exponent: number): number {
  if (digits === 0) return 0;
  if (exponent < -22 || exponent > 22) return Number.NaN;
  if (digits <= 15) {
    const mantissa = digits <= 9 ? high : high * (POWERS[digits - 9] as number) + low;
    return exponent < 0 ? mantissa / (POWERS[-exponent] as number) : mantissa * (POWERS[exponent] as number);
  }
  return exponent < 0 ? divide(high, low, digits - 9, -exponent) : Number.NaN;
}

/** (high · 10^lowDigits + low) / 10^power for 16 to 18 digits in all; NaN where the error bound leaves two answers. */
function divide(high: number, low: number, lowDigits: number, power: number): number {
  const shift = POWERS[lowDigits] as number;
  const upper = (high >> 15) * shift * 32768;
  const lower = (high & 0x7fff) * shift + low;
  const numerator = upper + lower;
  const rest = lower - (numerator - upper);
  const divisor = POWERS[power] as number;
  const quotient = numerator / divisor;
  // product + error = quotient · divisor, exactly.
  const product = quotient * divisor;
  const split = quotient * SPLITTER;
  const quotientHigh = split - (split - quotient);
  const quotientLow = quotient - quotientHigh;
  const divisorHigh = POWERS_HIGH[power] as number;
  const divisorLow = POWERS_LOW[power] as number;
  const error = quotientHigh * divisorHigh - product + quotientHigh * divisorLow + quotientLow * divisorHigh + quotientLow * divisorLow;
  const correction = (numerator - product - error + rest) / divisor;
  const margin = quotient * UNSURE;
  const result = quotient + (correction + margin);
  return result === quotient + (correction - margin) ? result : Number.NaN;
}
