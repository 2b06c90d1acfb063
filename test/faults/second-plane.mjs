// A control plane as a program that embeds the library: the second one on a data directory. Arguments: DIST, DATA, DATABASE or ''.

import { join } from 'node:path';

const [dist, directory, database] = process.argv.slice(2);
const { XTrack } = await import(join(dist, 'index.js'));
const xtrack = await XTrack.start({ directory, ...(database && { database }) });
const tcp = await xtrack.startTcpServer({ port: 0 });
process.stdout.write(`${JSON.stringify({ pid: process.pid, tcp: { host: tcp.host, port: tcp.port } })}\n`);
process.once('SIGTERM', () => void xtrack.close().then(() => process.exit(0)));
