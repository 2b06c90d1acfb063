// Words that cases are written with: frames from text, and expectations.

/** Base time of all cases, µs since the epoch. */
export const TS = 1703123456789000;

/** A frame around exactly this JSON text (or these bytes). */
export function frame(body, length = Buffer.byteLength(body)) {
  const header = Buffer.alloc(4);
  header.writeUInt32BE(length);
  return Buffer.concat([header, Buffer.from(body)]);
}

/** CRC-32C by its definition, a bit a step. */
export function crc32c(bytes) {
  let register = 0xffffffff;
  for (const byte of bytes) {
    register ^= byte;
    for (let bit = 0; bit < 8; bit++) register = register & 1 ? (register >>> 1) ^ 0x82f63b78 : register >>> 1;
  }
  return (register ^ 0xffffffff) >>> 0;
}

/** The JSON text of an envelope with its checksum behind `v`. */
export function summed(json) {
  const rest = json.slice('{"v":1,'.length);
  const digits = crc32c(Buffer.from(`{"v":1,"c":"00000000",${rest}`))
    .toString(16)
    .padStart(8, '0');
  return `{"v":1,"c":"${digits}",${rest}`;
}

/** The same bytes, one a chunk. */
export const byteByByte = (bytes) => Array.from(bytes, (byte) => Buffer.from([byte]));

export const concat = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part)));

/** An envelope as emitters write it; `m` overrides or adds metadata. */
export const envelope = (t, p, m = {}) => ({ v: 1, t, m: { seq: 1, ts: TS, ...m }, p });

/** The frame of an envelope. */
export const event = (t, p, m) => frame(JSON.stringify(envelope(t, p, m)));

/** Expect this envelope, in canonical form. */
export const message = (t, p, m, warnings) => ({ kind: 'message', envelope: envelope(t, p, m), ...(warnings ? { warnings } : {}) });

export const warning = (field, code = 'XT_FIELD_TYPE') => ({ code, field });

/** Expect a refusal; `seq` is null where the frame has none that can be read. */
export const refused = (code, field, seq = 1) => ({
  kind: 'refused',
  code,
  ...(field === undefined ? {} : { field }),
  ...(seq === null ? {} : { seq }),
});

export const skipped = (code, offset, length) => ({ kind: 'skipped', code, offset, length });

/** A case whose canonical form is exactly what was sent. */
export const same = (id, description, t, p, m) => ({ id, description, chunks: [event(t, p, m)], expect: [message(t, p, m)] });

/** A case of one event; what comes out differs from what went in. */
export const reads = (id, text, t, sent, understood, warnings) => ({
  id,
  description: text,
  chunks: [event(t, sent)],
  expect: [message(t, understood, {}, warnings)],
});

/** A case of one event that is refused. */
export const refuses = (id, text, t, sent, code, field) => ({
  id,
  description: text,
  chunks: [event(t, sent)],
  expect: [refused(code, field)],
});
