// The public face of the wire protocol.

export { CollectorMessageDecoder } from './collector-decoder.js';
export type { FieldWarning } from './conform.js';
export { type DecoderOptions, FrameDecoder, type FrameSink, type RefusedEvent } from './decoder.js';
export { encodeCollectorMessage, encodeEvent, eventJson } from './encode.js';
export { ERRORS, type ErrorCode, XTrackError } from './errors.js';
export type * from './events.js';
export { HEADER_BYTES, LIMITS, PROTOCOL_VERSION } from './limits.js';
export { assertRunId, isRunId } from './run-id.js';
