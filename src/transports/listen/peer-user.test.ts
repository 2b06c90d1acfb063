// Whose process is at the other end, by the kernel's own tables.

import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ownerOf, PeerUsers } from './peer-user.js';

const HEAD = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
/** As the kernel of a little-endian machine prints them. */
const row = (local: string, remote: string, uid: number, inode: number): string =>
  `   3: ${local} ${remote} 01 00000000:00000000 02:000A7214 00000000 ${String(uid).padStart(5)}        0 ${inode} 2 0000000000000000 20 4 30 10 -1`;
const ends = { remoteAddress: '127.0.0.1', remotePort: 0xabcd, localAddress: '127.0.0.1', localPort: 0x270f };

describe('the owner of a connection', () => {
  it('is who holds the far end, not who holds the near one', () => {
    const table = [HEAD, row('0100007F:270F', '0100007F:ABCD', 1, 77), row('0100007F:ABCD', '0100007F:270F', 1000, 78)].join('\n');
    expect(ownerOf([table], ends)).toBe(1000);
    expect(ownerOf([table], { ...ends, remoteAddress: '127.0.0.2' })).toBeUndefined();
    expect(ownerOf([table], { ...ends, remotePort: 0xabce })).toBeUndefined();
  });

  it('is nobody where nobody holds it any more: the kernel says 0 then, which is no proof of being root', () => {
    const table = [HEAD, row('0100007F:ABCD', '0100007F:270F', 0, 0)].join('\n');
    expect(ownerOf([table], ends)).toBeUndefined();
  });

  it('is found over IPv6, and where IPv4 is mapped into it', () => {
    const six = row('00000000000000000000000001000000:ABCD', '00000000000000000000000001000000:270F', 7, 1);
    expect(ownerOf(['', six], { ...ends, remoteAddress: '::1', localAddress: '::1' })).toBe(7);
    const mapped = row('0000000000000000FFFF00000100007F:ABCD', '0000000000000000FFFF00000100007F:270F', 8, 1);
    expect(ownerOf(['', mapped], { ...ends, remoteAddress: '::ffff:127.0.0.1', localAddress: '::ffff:127.0.0.1' })).toBe(8);
  });
});

describe('a connection', () => {
  it.runIf(existsSync('/proc/net/tcp'))('of our own process is ours, and of nobody else', async () => {
    const { server, near, far } = await pair();
    expect(await new PeerUsers().isOurs(near)).toBe(true);
    const other = (process.geteuid?.() ?? 0) + 1;
    expect(await new PeerUsers(undefined, other).isOurs(near)).toBe(false);
    far.destroy();
    server.close();
  });

  it('is nobody’s where the tables cannot be read, or show the users of others as one', async () => {
    const { server, near, far } = await pair();
    const unreadable = new PeerUsers(() => Promise.reject(new Error('no /proc here')), 0);
    expect(await unreadable.isOurs(near)).toBe(false);
    expect(await new PeerUsers(undefined, 65_534).isOurs(near)).toBe(false);
    expect(await new PeerUsers(undefined, undefined).isOurs({ ...near, remoteAddress: undefined } as Socket)).toBe(false);
    far.destroy();
    server.close();
  });
});

async function pair(): Promise<{ server: Server; near: Socket; far: Socket }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const far = connect((server.address() as { port: number }).port, '127.0.0.1');
  const [near] = (await once(server, 'connection')) as [Socket];
  return { server, near, far };
}
