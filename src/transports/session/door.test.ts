// Keys on TCP: who gets in, and what a key for one experiment may write to.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Peer, type PeerOptions } from '../../../test/support/peer.js';
import { encodeEvent, type TrackEvent } from '../../protocol/index.js';
import { KeyRing } from '../../server/http/access/keys.js';
import { XTrack } from '../../xtrack.js';
import type { TcpServerOptions } from '../listen/tcp.js';

let directory: string;
let xtrack: XTrack;
let keys: KeyRing;
const peers: Peer[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'xtrack-door-'));
  xtrack = await XTrack.start({ directory });
  keys = KeyRing.open(directory);
});

afterEach(async () => {
  for (const peer of peers.splice(0)) peer.close();
  await xtrack.close();
  rmSync(directory, { recursive: true, force: true });
});

const makeKey = (scope: 'read' | 'write' | 'admin', experiment?: string): string => keys.create({ name: 'k', scope, experiment }).key;

async function listen(options: TcpServerOptions): Promise<(peer: PeerOptions) => Peer> {
  const { port } = await xtrack.startTcpServer({ port: 0, ...options });
  return (options) => {
    const peer = new Peer({ port }, options);
    peers.push(peer);
    return peer;
  };
}

/** The code with which the peer is sent away. */
async function refusalOf(peer: Peer): Promise<string | undefined> {
  await expect.poll(() => peer.closed).toBe(true);
  const [refusal] = peer.messages.flatMap((message) => ('error' in message && message.error ? [message.error] : []));
  return refusal === undefined ? undefined : /XT_\w+/.exec(JSON.stringify(refusal))?.[0];
}

async function start(peer: Peer, experimentId?: string): Promise<void> {
  await peer.hello();
  peer.send({ type: 'run_start', ...(experimentId !== undefined && { experimentId }) });
  await peer.acked(1);
}

describe('a listener with a token', () => {
  it('takes it, the first key, and keys that may write', async () => {
    const connect = await listen({ token: 'shared' });
    for (const [at, token] of ['shared', keys.firstToken, makeKey('write'), makeKey('admin')].entries())
      await start(connect({ runId: `r${at}`, token }));
    expect((await xtrack.listRuns()).map(({ runId }) => runId).sort()).toEqual(['r0', 'r1', 'r2', 'r3']);
  });

  it.each([
    ['no token', () => undefined],
    ['another token', () => 'wrong'],
    ['a key that only reads', () => makeKey('read')],
    ['a key that was revoked', () => revoked()],
  ])('refuses %s', async (_what, of) => {
    const connect = await listen({ token: 'shared' });
    const token = of();
    const peer = connect({ runId: 'r', ...(token !== undefined && { token }) });
    peer.sendRaw({ type: 'hello', ...peer.identity, capabilities: ['ack'], ...(token !== undefined && { token }) });
    expect(await refusalOf(peer)).toBe('XT_TOKEN');
    expect(await xtrack.listRuns()).toEqual([]);
  });

  it('lets nobody in without hello, even where it takes workers that never say it', async () => {
    const connect = await listen({ token: 'shared', allowV1: true });
    const peer = connect({ runId: 'r' });
    peer.send({ type: 'run_start' });
    expect(await refusalOf(peer)).toBe('XT_HELLO_REQUIRED');
    expect(await xtrack.listRuns()).toEqual([]);
  });

  function revoked(): string {
    const { id, key } = keys.create({ name: 'gone', scope: 'write' });
    keys.revoke(id);
    return key;
  }
});

describe('a listener beyond loopback', () => {
  it('needs a token or a key that was made, and TLS where nothing before it encrypts (SEC-5, SEC-19)', async () => {
    const refused = { code: 'XT_INSECURE_BIND', field: 'host' };
    await expect(xtrack.startTcpServer({ host: '0.0.0.0', port: 0, insecure: true })).rejects.toMatchObject(refused);
    const token = makeKey('write');
    for (const options of [{}, { token: 'shared' }])
      await expect(xtrack.startTcpServer({ host: '0.0.0.0', port: 0, ...options })).rejects.toMatchObject(refused);
    const connect = await listen({ host: '0.0.0.0', insecure: true });
    await start(connect({ runId: 'r', token }));
    const peer = connect({ runId: 's' });
    peer.sendRaw({ type: 'hello', ...peer.identity, capabilities: ['ack'] });
    expect(await refusalOf(peer)).toBe('XT_TOKEN');
  });
});

describe('a listener on loopback without a token', () => {
  const WHERE_USERS_ARE_KNOWN = existsSync('/proc/net/tcp');

  it('makes one in the data directory, for its owner alone', async () => {
    const connect = await listen({});
    const path = join(directory, 'ingest-token');
    const token = readFileSync(path, 'utf8');
    expect(token).toMatch(/^xti_[\w-]{43}$/);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await start(connect({ runId: 'r', token }));
    await start(connect({ runId: 's', token: makeKey('write') }));
    await listen({});
    expect(readFileSync(path, 'utf8')).toBe(token);
  });

  it.runIf(WHERE_USERS_ARE_KNOWN)('knows processes of its own user, and holds them to the key that they show', async () => {
    const connect = await listen({ allowV1: true });
    await start(connect({ runId: 'r' }));
    // Read from the data directory of another server.
    await start(connect({ runId: 's', token: `xti_${'a'.repeat(43)}` }));
    const plain = connect({ runId: 'plain' });
    plain.send({ type: 'run_start' });
    await expect.poll(async () => (await xtrack.listRuns()).map(({ runId }) => runId), { timeout: 30_000 }).toContain('plain');
    for (const token of ['wrong', makeKey('read')]) {
      const peer = connect({ runId: 't', token });
      peer.sendRaw({ type: 'hello', ...peer.identity, capabilities: ['ack'], token });
      expect(await refusalOf(peer)).toBe('XT_TOKEN');
    }
  });

  it.runIf(WHERE_USERS_ARE_KNOWN && process.geteuid?.() === 0)('lets no other user end a run', async () => {
    const { port } = await xtrack.startTcpServer({ port: 0, allowV1: true });
    const owner = new Peer({ port }, { runId: 'mine', incarnation: 'inc-1' });
    peers.push(owner);
    await start(owner);
    const event = (type: object, seq: number): string =>
      Buffer.from(encodeEvent({ runId: 'mine', worker: '', incarnation: 'zzz', seq, ts: 1, ...type } as TrackEvent)).toString('base64');
    const hello = Buffer.from(encodeEvent({ type: 'hello', runId: 'mine', worker: '', incarnation: 'zzz', capabilities: ['ack'] }));
    const end = event({ type: 'run_end', status: 'failed', error: { message: 'by nobody' } }, 1);
    for (const bytes of [`${hello.toString('base64')}|${end}`, end]) {
      const said = await asNobody(port, bytes.split('|'));
      expect(said).toMatch(/XT_TOKEN|XT_HELLO_REQUIRED/);
    }
    owner.send({ type: 'metric', key: 'loss', value: 1 });
    await owner.acked(2);
    expect(owner.closed).toBe(false);
    expect((await xtrack.getRun('mine')).status).toBe('running');
  });

  it('lets everybody of this machine in where it is told to, and never beyond it', async () => {
    const connect = await listen({ noToken: true });
    await start(connect({ runId: 'r', token: 'whatever' }));
    expect(existsSync(join(directory, 'ingest-token'))).toBe(false);
    for (const options of [{ host: '0.0.0.0', insecure: true }, { token: 'shared' }])
      await expect(xtrack.startTcpServer({ port: 0, noToken: true, ...options })).rejects.toMatchObject({ code: 'XT_INSECURE_BIND' });
  });

  /** What a process of the user `nobody` hears that sends these frames (base64). */
  async function asNobody(port: number, frames: readonly string[]): Promise<string> {
    const script = `const s = require('net').connect(${port}, '127.0.0.1');
      s.on('data', (d) => process.stdout.write(d)).on('error', () => {}).on('close', () => process.exit());
      for (const f of process.argv.slice(1)) s.write(Buffer.from(f, 'base64'));`;
    const child = spawn(process.execPath, ['-e', script, ...frames], { uid: 65_534, cwd: '/', stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += chunk;
    });
    await once(child, 'close');
    return said;
  }
});

describe('a key for one experiment (SEC-17)', () => {
  it('starts runs of it, and goes on with them', async () => {
    const connect = await listen({ token: 'shared' });
    const token = makeKey('write', 'digits');
    const first = connect({ runId: 'r', token });
    await start(first, 'digits');
    first.send({ type: 'metric', key: 'loss', value: 1 });
    await first.acked(2);
    const second = connect({ runId: 'r', worker: '1', token });
    await start(second);
    expect(await xtrack.getRun('r')).toMatchObject({ experimentId: 'digits' });
  });

  it.each([
    ['of another experiment', 'cats'],
    ['of none', undefined],
  ])('starts no run %s', async (_what, experimentId) => {
    const connect = await listen({ token: 'shared' });
    const peer = connect({ runId: 'r', token: makeKey('write', 'digits') });
    await peer.hello();
    peer.send({ type: 'run_start', ...(experimentId !== undefined && { experimentId }) });
    expect(await refusalOf(peer)).toBe('XT_FORBIDDEN');
    expect(await xtrack.listRuns()).toEqual([]);
  });

  it.each([
    ['of another experiment', 'cats'],
    ['of none', undefined],
  ])('joins no run %s, and sends nobody away from it', async (_what, experimentId) => {
    const connect = await listen({ token: 'shared' });
    const owner = connect({ runId: 'r', token: 'shared', incarnation: 'inc-1' });
    await start(owner, experimentId);
    const thief = connect({ runId: 'r', token: makeKey('admin', 'digits'), incarnation: 'inc-2' });
    thief.sendRaw({ type: 'hello', ...thief.identity, capabilities: ['ack', 'command'], token: makeKey('admin', 'digits') });
    expect(await refusalOf(thief)).toBe('XT_FORBIDDEN');
    owner.send({ type: 'metric', key: 'loss', value: 1 });
    await owner.acked(2);
    expect(owner.closed).toBe(false);
  });

  it('reaches no other run by naming it later', async () => {
    const connect = await listen({ token: 'shared' });
    await start(connect({ runId: 'cat', token: 'shared' }), 'cats');
    const peer = connect({ runId: 'r', token: makeKey('write', 'digits') });
    await start(peer, 'digits');
    peer.sendRaw({ type: 'metric', ...peer.identity, runId: 'cat', seq: 2, ts: 2, key: 'loss', value: 666 });
    expect(await refusalOf(peer)).toBe('XT_FORBIDDEN');
    expect(await xtrack.listSeries('cat')).toEqual([]);
  });

  it('hears nothing of a run that it asked for before it was there, and that others began', async () => {
    const connect = await listen({ token: 'shared' });
    const spy = connect({ runId: 'later', token: makeKey('write', 'digits'), worker: 'spy', incarnation: 'zzz' });
    expect(await spy.hello()).toMatchObject({ resumeFrom: 1 });
    expect(xtrack.isReachable('later')).toBe(false);
    const owner = connect({ runId: 'later', token: makeKey('write', 'cats') });
    await start(owner, 'cats');
    const answered = xtrack.sendCommand('later', 'custom', { name: 'rotate', secret: 'of the cats' }, { expiresInMs: 2_000 });
    expect(await owner.command()).toMatchObject({ command: 'custom' });
    spy.sendRaw({ type: 'heartbeat', ...owner.identity, lastSeq: 900_000 });
    spy.sendRaw({ type: 'heartbeat', ...spy.identity, lastSeq: 900_000 });
    spy.sendRaw({ type: 'metric', ...spy.identity, seq: 1, ts: 2, key: 'loss', value: 666 });
    expect(await refusalOf(spy)).toBe('XT_FORBIDDEN');
    expect(JSON.stringify(spy.messages)).not.toContain('cats');
    owner.send({ type: 'metric', key: 'loss', value: 1 });
    await owner.acked(2);
    expect(owner.messages.some((message) => message.type === 'ack' && message.resend !== undefined)).toBe(false);
    expect(await xtrack.getWarnings('later')).toEqual([]);
    expect((await xtrack.getRun('later')).workers).toHaveLength(1);
    await answered.catch(() => undefined);
  });

  it('hears the commands of a run that it begins', async () => {
    const connect = await listen({ token: 'shared' });
    const peer = connect({ runId: 'r', token: makeKey('write', 'digits') });
    await start(peer, 'digits');
    const answered = xtrack.sendCommand('r', 'pause', {}, { expiresInMs: 30_000 });
    const { commandId } = await peer.command();
    peer.send({ type: 'command_result', commandId, status: 'ok' });
    expect(await answered).toMatchObject({ status: 'ok' });
  });

  it('leaves nothing on runs of others, in the name of the control plane either', async () => {
    const connect = await listen({ token: 'shared' });
    await start(connect({ runId: 'cat', token: 'shared' }), 'cats');
    const peer = connect({ runId: 'r', token: makeKey('write', 'digits') });
    await start(peer, 'digits');
    peer.sendRaw({ type: 'log', ...peer.identity, runId: 'cat', worker: '$xtrack', seq: 2, ts: 2, level: 'info', message: 'x' });
    await peer.waitFor((message) => message.type === 'ack' && message.status === 'error');
    expect(await xtrack.getWarnings('cat')).toEqual([]);
  });

  it('writes to no run of another key of its experiment, and hears nothing of it', async () => {
    const connect = await listen({ token: 'shared' });
    const [token, other] = [makeKey('write', 'digits'), makeKey('write', 'digits')];
    const early = connect({ runId: 'r', token: other, worker: 'early' });
    await early.hello();
    const owner = connect({ runId: 'r', token });
    await start(owner, 'digits');
    const late = connect({ runId: 'r', worker: 'late', token: other });
    late.sendRaw({ type: 'hello', ...late.identity, capabilities: ['ack', 'command'], token: other });
    early.sendRaw({ type: 'run_start', ...early.identity, seq: 1, ts: 2, experimentId: 'digits' });
    for (const peer of [late, early]) expect(await refusalOf(peer)).toBe('XT_FORBIDDEN');
    owner.send({ type: 'metric', key: 'loss', value: 1 });
    await owner.acked(2);
    expect((await xtrack.getRun('r')).workers.map(({ worker }) => worker)).toEqual(['']);
  });

  it.each([
    ['for one experiment', 'digits'],
    ['for all of them', undefined],
  ])('owns what it began %s over a restart; an admin and the operator may go on with it', async (_what, experiment) => {
    const token = makeKey('write', experiment);
    await start((await listen({ token: 'shared' }))({ runId: 'r', token }), 'digits');
    await xtrack.close();
    xtrack = await XTrack.start({ directory });
    const connect = await listen({ token: 'shared' });
    const other = connect({ runId: 'r', worker: '1', token: makeKey('write', experiment) });
    other.sendRaw({ type: 'hello', ...other.identity, capabilities: ['ack'], token: makeKey('write', experiment) });
    expect(await refusalOf(other)).toBe('XT_FORBIDDEN');
    for (const [at, may] of [token, makeKey('admin', experiment), keys.firstToken, 'shared'].entries())
      await start(connect({ runId: 'r', worker: `w${at}`, token: may }));
  });

  it('lets no worker say whose a run is', async () => {
    const connect = await listen({ token: 'shared' });
    const token = makeKey('write', 'digits');
    const owner = connect({ runId: 'r', token });
    await owner.hello();
    owner.send({ type: 'run_start', experimentId: 'digits', tags: { 'xtrack.key': 'x', team: 'a' } });
    owner.send({ type: 'tags', tags: { 'xtrack.key': null } });
    await owner.acked(2);
    const { id } = keys.list()[0] as { id: string };
    expect((await xtrack.getRun('r')).tags).toEqual({ 'xtrack.key': id, team: 'a' });
  });

  it('is sent away when it is revoked', async () => {
    const connect = await listen({});
    const { id, key } = keys.create({ name: 'k', scope: 'write', experiment: 'digits' });
    const peer = connect({ runId: 'r', token: key });
    await start(peer, 'digits');
    keys.revoke(id);
    expect(await refusalOf(peer)).toBe('XT_TOKEN');
  });

  it('takes no run that was made and has no experiment yet', async () => {
    await xtrack.startCollector('waiting');
    const connect = await listen({ token: 'shared' });
    const peer = connect({ runId: 'waiting', token: makeKey('write', 'digits') });
    peer.sendRaw({ type: 'hello', ...peer.identity, capabilities: ['ack'], token: makeKey('write', 'digits') });
    expect(await refusalOf(peer)).toBe('XT_FORBIDDEN');
  });
});
