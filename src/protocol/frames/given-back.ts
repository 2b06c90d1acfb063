// Bytes have one owner. Whoever lends a buffer out says here when it takes it back; under test the bytes are then spoiled,
// so that anybody who still looks at them is found out.

const { process } = globalThis as { process?: { env: Readonly<Record<string, string | undefined>> } };
const spoils = process?.env.XTRACK_SPOIL_BUFFERS === '1';

/** Call when `bytes` are about to be used for something else: nobody may read them any more as what they were. */
export function givenBack(bytes: Uint8Array): void {
  if (spoils) bytes.fill(0xdb);
}
