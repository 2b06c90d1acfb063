// Microsecond wall-clock stamps: the system clock gives milliseconds, the monotonic one fills in the rest.

/** Microseconds that the two clocks may drift apart (suspend, NTP step) before the stamp follows the wall clock again. */
const DRIFT = 2000;

let offset = Date.now() * 1000 - performance.now() * 1000;

/** Integer microseconds since the Unix epoch; may step back when the system clock does. */
export function nowMicros(): number {
  const elapsed = performance.now() * 1000;
  const wall = Date.now() * 1000;
  if (Math.abs(offset + elapsed - wall) > DRIFT) offset = wall - elapsed;
  return Math.trunc(offset + elapsed);
}
