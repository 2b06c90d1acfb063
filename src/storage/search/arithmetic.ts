// Arithmetic that means the same in JavaScript, SQLite and PostgreSQL, which differ in what they do beyond the range of numbers.

import type { MathFunction, MathOperator } from './tree.js';

/** Operands are 0 or of a magnitude between these; with any other the result is unknown. So nothing over- or underflows anywhere. */
export const SMALLEST = 1e-150;
export const LARGEST = 1e150;

/** Null: unknown. */
export function calculate(operator: MathOperator, left: number | null, right: number | null): number | null {
  if (!usable(left) || !usable(right)) return null;
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    default:
      return right === 0 ? null : left / right;
  }
}

export function applyFunction(name: MathFunction, of: number | null): number | null {
  if (of === null) return null;
  switch (name) {
    case 'abs':
      return Math.abs(of);
    case 'sqrt':
      return of >= 0 ? Math.sqrt(of) : null;
    case 'log':
      return of > 0 ? Math.log(of) : null;
    default:
      return of > 0 ? Math.log10(of) : null;
  }
}

function usable(value: number | null): value is number {
  if (value === null) return false;
  const size = Math.abs(value);
  return size === 0 || (size >= SMALLEST && size <= LARGEST);
}
