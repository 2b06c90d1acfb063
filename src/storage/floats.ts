// Columns of f64 as blobs and back (little-endian, as every platform that Node runs on here).

/** The blob as numbers. Copies: a blob may start at any byte of its buffer. */
export function toFloats(blob: Uint8Array): Float64Array {
  const out = new Float64Array(Math.floor(blob.length / 8));
  new Uint8Array(out.buffer).set(blob.subarray(0, out.length * 8));
  return out;
}

/** The numbers as a blob; shares their memory. */
export function toBlob(floats: Float64Array): Uint8Array {
  return new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength);
}
