// Whose process is at the other end of a loopback connection: Linux says so in /proc/net, other systems do not.

import { readFile } from 'node:fs/promises';
import { isIP, type Socket } from 'node:net';
import { endianness } from 'node:os';

const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'] as const;
/** Users of another user namespace are all shown as this one. */
const OVERFLOW_UID = 65_534;
const MAPPED = '::ffff:';

/** Both ends of a TCP connection, as `net.Socket` names them. */
export interface Ends {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
}

/** Knows which connections come from this process's own user. */
export class PeerUsers {
  private readonly read: () => Promise<readonly string[]>;
  private readonly uid: number | undefined;
  private reading: Promise<unknown> = Promise.resolve();
  private next: Promise<readonly string[]> | undefined;

  /** `read`: the kernel's tables of TCP connections. `uid`: whose connections count as our own. */
  constructor(read: () => Promise<readonly string[]> = readTables, uid: number | undefined = process.geteuid?.()) {
    this.read = read;
    this.uid = uid;
  }

  /** True where a process of our own user is at the other end; false for everybody else, and wherever it cannot be told. */
  async isOurs(socket: Socket): Promise<boolean> {
    const { remoteAddress, remotePort, localAddress, localPort } = socket;
    if (remoteAddress === undefined || remotePort === undefined || localAddress === undefined || localPort === undefined) return false;
    if (this.uid === undefined || this.uid === OVERFLOW_UID || !isLoopback(plain(remoteAddress))) return false;
    const tables = await this.tables();
    return ownerOf(tables, { remoteAddress, remotePort, localAddress, localPort }) === this.uid;
  }

  /** The tables are read once at a time, for all connections that came while they were read before, and never before a connection was there. */
  private tables(): Promise<readonly string[]> {
    this.next ??= this.reading.then(async () => {
      await new Promise<void>((resolve) => setImmediate(resolve));
      this.next = undefined;
      const tables = this.read().catch(() => []);
      this.reading = tables;
      return await tables;
    });
    return this.next;
  }
}

/** The user who holds the far end's socket; undefined where no row names it, or nobody holds it any more (the kernel then says 0). */
export function ownerOf(tables: readonly string[], { remoteAddress, remotePort, localAddress, localPort }: Ends): number | undefined {
  const far = hexOf(remoteAddress, remotePort);
  const near = hexOf(localAddress, localPort);
  for (const table of tables)
    for (const local of far)
      for (const remote of near) {
        // A table of thousands of connections is searched for each: the row alone is taken apart.
        const at = table.indexOf(` ${local} ${remote} `);
        if (at < 0) continue;
        const [, , , , , , uid, , inode] = table.slice(at + 1, table.indexOf('\n', at) + 1 || undefined).split(/\s+/);
        return inode === '0' ? undefined : Number(uid);
      }
  return undefined;
}

/** An end as the tables write it: an IPv4 address may stand there as itself or mapped into IPv6. */
function hexOf(address: string, port: number): readonly string[] {
  const at = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const bare = plain(address);
  if (isIP(bare) === 4) {
    const bytes = bare.split('.').map(Number);
    const mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...bytes];
    return [`${words(bytes)}${at}`, `${words(mapped)}${at}`];
  }
  // Of IPv6 only this one is loopback.
  return bare === '::1' ? [`${words([...Array<number>(15).fill(0), 1])}${at}`] : [];
}

/** Four bytes at a time in this machine's order, as the kernel prints them. */
function words(bytes: readonly number[]): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4) {
    const word = bytes.slice(at, at + 4);
    if (endianness() === 'LE') word.reverse();
    text += Buffer.from(word).toString('hex').toUpperCase();
  }
  return text;
}

function plain(address: string): string {
  return address.startsWith(MAPPED) ? address.slice(MAPPED.length) : address;
}

async function readTables(): Promise<readonly string[]> {
  return await Promise.all(TABLES.map((path) => readFile(path, 'utf8').catch(() => '')));
}

/** Whether an address is this machine's own, which nobody else can reach. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
