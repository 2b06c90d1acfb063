// Every bound on what a peer may send, in one place, since everything from a peer is untrusted.

/** Protocol version that this library speaks. */
export const PROTOCOL_VERSION = 1;

export const LIMITS = {
  /** Bytes of JSON in one frame, unless `hello` negotiates more. */
  frame: 1024 * 1024,
  /** Bytes: the most that can be negotiated. */
  frameHard: 16 * 1024 * 1024,
  /** Bytes of JSON in a frame before `hello` was accepted, where one is asked for. */
  hello: 64 * 1024,
  /** Levels of nested arrays and objects, the envelope itself being the first. */
  depth: 64,
  /** Values in one frame, counted by what separates them: more than fit into the usual 1 MiB, far fewer than 16 MiB can hold. */
  values: 600_000,
  /** Bytes in UTF-8: metric and param keys, names, worker ids, paths' parts and other labels. */
  label: 512,
  /** Bytes in UTF-8. */
  path: 4096,
  /** Bytes in UTF-8. */
  incarnation: 64,
  /** Metrics in one `metric_batch`, and entries of any other map. */
  entries: 10_000,
  /** Parts of a `nested_key`, and entries of a capability list. */
  parts: 16,
  /** Values that a knob may choose from. */
  choices: 100,
  /** Bytes of one report of skipped input. */
  skippedPiece: 64 * 1024,
} as const;

/** Bytes in front of each frame: its length, unsigned, big-endian. */
export const HEADER_BYTES = 4;
