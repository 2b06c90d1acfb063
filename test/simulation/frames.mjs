// Reads frames without any of the code under test: lengths, JSON, and the few fields by which an event is known.

const SEQ = /"seq":(\d+)/;

/** Whole frames of a byte string. */
export function* split(bytes) {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + 4 <= view.length; ) {
    const length = view.readUInt32BE(at);
    const end = at + 4 + length;
    // A spool is allocated ahead: behind its last frame there are zeros.
    if (length === 0 || end > view.length) return;
    yield view.subarray(at, end);
    at = end;
  }
}

/** The bytes that `split` cannot take: half a frame. */
export function wholeLength(bytes) {
  let length = 0;
  for (const frame of split(bytes)) length += frame.length;
  return length;
}

/** { t, m, p } of a frame; undefined where its JSON is none. */
export function parse(frame) {
  try {
    return JSON.parse(frame.toString('utf8', 4));
  } catch {
    return undefined;
  }
}

const CHECKED = '{"v":1,"c":"';
/** Bytes that a checksum adds: its name, eight digits and a comma. */
const CHECK_BYTES = '"c":"00000000",'.length;

/** The frame without the checksum that it may carry on its way: what is logged and what is stored differ in nothing else. */
export function bare(frame) {
  if (frame.toString('latin1', 4, 4 + CHECKED.length) !== CHECKED) return frame;
  const at = 4 + CHECKED.length - '"c":"'.length;
  const rest = frame.subarray(at + CHECK_BYTES);
  const plain = Buffer.concat([frame.subarray(0, at), rest]);
  plain.writeUInt32BE(plain.length - 4);
  return plain;
}

/** The number in a frame's head, without parsing all of it. */
export function seqOf(frame) {
  return Number(SEQ.exec(frame.toString('latin1', 4, Math.min(frame.length, 400)))?.[1] ?? 0);
}

export const identity = (runId, worker, incarnation) => `${runId} ${worker} ${incarnation}`;

export function frameOf(json) {
  const body = Buffer.from(JSON.stringify(json));
  const frame = Buffer.alloc(4 + body.length);
  frame.writeUInt32BE(body.length);
  body.copy(frame, 4);
  return frame;
}
