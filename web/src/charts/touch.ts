// Fingers on a chart: one moves the crosshair, two zoom and move the window, two taps set it back. Up and down still scrolls the page.

export interface TouchEvents {
  /** Pixels from the element's upper left corner. */
  readonly onPoint: (place: { readonly left: number; readonly top: number }) => void;
  /** The two fingers lay at `from` when they came down and lie at `to` now: shares (0 … 1) of the width, left finger first. */
  readonly onPinch: (from: readonly [number, number], to: readonly [number, number]) => void;
  readonly onPinchStart: () => void;
  readonly onDoubleTap: () => void;
}

/** ms between the taps of a double tap. */
const DOUBLE_TAP_MS = 300;
/** Share of the width that fingers stay apart at least: nearer, their distance is noise. */
const CLOSEST = 0.02;

/** Listens until the returned function is called. */
export function listenToTouch(element: HTMLElement, events: TouchEvents): () => void {
  const fingers = new Map<number, number>();
  let start: readonly [number, number] | null = null;
  let tappedAt = 0;
  const place = (event: PointerEvent): { left: number; top: number; share: number } => {
    const box = element.getBoundingClientRect();
    const left = event.clientX - box.left;
    return { left, top: event.clientY - box.top, share: left / box.width };
  };
  const pair = (): readonly [number, number] => {
    const [a = 0, b = 1] = [...fingers.values()].sort((one, other) => one - other);
    return [a, Math.max(b, a + CLOSEST)];
  };
  const down = (event: PointerEvent): void => {
    if (event.pointerType === 'mouse') return;
    const at = place(event);
    fingers.set(event.pointerId, at.share);
    if (fingers.size === 2) {
      start = pair();
      events.onPinchStart();
    } else if (fingers.size === 1) {
      if (event.timeStamp - tappedAt < DOUBLE_TAP_MS) events.onDoubleTap();
      tappedAt = event.timeStamp;
      events.onPoint(at);
    }
  };
  const move = (event: PointerEvent): void => {
    if (!fingers.has(event.pointerId)) return;
    const at = place(event);
    fingers.set(event.pointerId, at.share);
    if (fingers.size === 1) events.onPoint(at);
    else if (start !== null) events.onPinch(start, pair());
  };
  const up = (event: PointerEvent): void => {
    fingers.delete(event.pointerId);
    start = null;
  };
  const leaving = new AbortController();
  const { signal } = leaving;
  element.style.touchAction = 'pan-y';
  element.addEventListener('pointerdown', down, { signal });
  element.addEventListener('pointermove', move, { signal });
  element.addEventListener('pointerup', up, { signal });
  element.addEventListener('pointercancel', up, { signal });
  return () => leaving.abort();
}

/** The window in which what lay under the fingers lies under them still; all in shares of the first window. */
export function pinched(from: readonly [number, number], to: readonly [number, number]): { readonly from: number; readonly to: number } {
  const scale = (from[1] - from[0]) / (to[1] - to[0]);
  const left = from[0] - to[0] * scale;
  return { from: left, to: left + scale };
}
