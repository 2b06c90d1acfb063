// `xtrack keys`, and the HTTP side of `xtrack serve`, as processes: keys made beside a running server, and what is left on disk.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandLine, type Started } from './cli-harness.js';
import { type Answer, ask, codeOf } from './support/http.js';

let cli: CommandLine;

beforeEach(() => {
  cli = new CommandLine();
});

afterEach(() => cli.remove());

interface Address {
  readonly http: { readonly url: string; readonly signInUrl: string };
  readonly tcp: { readonly port: number } | null;
}

interface Key {
  readonly id: string;
  readonly key: string;
}

const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const TLS = ['--tls-cert', fixture('tls-cert.pem'), '--tls-key', fixture('tls-key.pem')];

async function serve(...options: string[]): Promise<{ server: Started; address: Address }> {
  const server = cli.start('serve', '--json', '--http-port', '0', ...options);
  await server.says(/\}\n/);
  return { server, address: JSON.parse(server.stdout) as Address };
}

const info = async ({ http }: Address, key: string, ca?: string): Promise<Answer> =>
  await ask(`${http.url}api/v1/info`, { headers: { authorization: `Bearer ${key}` }, ...(ca !== undefined && { ca }) });

describe('xtrack serve', () => {
  it('prints the key of its first start, which is the one in the data directory, and keeps it', async () => {
    const { server, address } = await serve('--no-tcp');
    const key = readFileSync(join(cli.directory, 'token'), 'utf8').trim();
    expect(address.http.signInUrl).toBe(`${address.http.url}#token=${key}`);
    expect((await info(address, key)).status).toBe(200);
    server.child.kill('SIGTERM');
    expect((await server.ended).code).toBe(0);
    const next = await serve('--no-tcp');
    expect(next.address.http.signInUrl).toContain(key);
  });

  it('leaves nothing in the data directory that others can read, and no key in its output but the one it prints', async () => {
    const { server, address } = await serve('--no-tcp');
    const { key } = await cli.json<Key>('keys', 'create', 'ci', '--scope', 'write');
    await info(address, key);
    await info(address, 'xtk_wrong');
    const files = readdirSync(cli.directory);
    expect(files).toEqual(expect.arrayContaining(['token', 'keys.json', 'session.key', 'http.json']));
    for (const file of files) expect([file, statSync(join(cli.directory, file)).mode & 0o077]).toEqual([file, 0]);
    expect(server.stdout.split('\n')).toHaveLength(2);
    expect(server.stderr).toBe('');
    expect(JSON.parse(readFileSync(join(cli.directory, 'http.json'), 'utf8'))).toMatchObject({ url: address.http.url });
  });

  it('goes beyond loopback only where keys are safe on their way (SEC-5)', async () => {
    const open = await cli.run('serve', '--http-host', '0.0.0.0', '--http-port', '0', '--no-tcp');
    expect(open).toMatchObject({ code: 2, stderr: expect.stringContaining('XT_INSECURE_BIND') });
    const { address } = await serve('--http-host', '0.0.0.0', '--no-tcp', '--allowed-host', 'localhost', ...TLS);
    const key = readFileSync(join(cli.directory, 'token'), 'utf8').trim();
    expect(address.http.url).toMatch(/^https:\/\/localhost:\d+\/$/);
    expect((await info(address, key, readFileSync(fixture('tls-cert.pem'), 'utf8'))).status).toBe(200);
  });

  it('encrypts TCP with the same certificate', async () => {
    const { address } = await serve('--port', '0', ...TLS);
    const ca = readFileSync(fixture('tls-cert.pem'), 'utf8');
    const socket = connectTls({ port: address.tcp?.port ?? 0, host: '127.0.0.1', servername: 'localhost', ca });
    await new Promise((resolve, reject) => {
      socket.once('secureConnect', resolve).once('error', reject);
    });
    expect(socket.authorized).toBe(true);
    socket.destroy();
  });

  it.each([
    ['a certificate without its key', ['--tls-cert', fixture('tls-cert.pem')], 2, 'XT_ARGUMENT'],
    ['a certificate that is not there', ['--tls-cert', '/does/not/exist', '--tls-key', fixture('tls-key.pem')], 3, 'XT_FILE'],
  ])('refuses %s', async (_what, options, code, error) => {
    expect(await cli.run('serve', '--no-tcp', '--http-port', '0', ...options)).toMatchObject({
      code,
      stderr: expect.stringContaining(error),
    });
  });
});

describe('xtrack keys', () => {
  it('makes a key that holds at once, and takes it out of force at once', async () => {
    const { address } = await serve('--no-tcp');
    const made = await cli.run('keys', 'create', 'ci', '--scope', 'read', '--experiment', 'digits', '--expires', '7');
    const key = made.stdout.trim();
    expect(key).toMatch(/^xtk_[\w-]{55}$/);
    expect(made.stderr).toContain('not shown again');
    expect(JSON.parse((await info(address, key)).text)).toMatchObject({
      principal: { name: 'ci', grants: [{ scope: 'view', experiment: 'digits' }] },
    });
    const [listed] = await cli.json<Key[]>('keys', 'list');
    expect(JSON.stringify(listed)).not.toContain(key.slice(16));
    expect((await cli.run('keys', 'list')).stdout).toMatch(/^[0-9a-f]{12} {2}read {3}experiment digits {2}until \d{4}-\d\d-\d\d {2}ci\n$/);
    expect(await cli.run('keys', 'revoke', listed?.id ?? '')).toMatchObject({ code: 0, stdout: `revoked ${listed?.id}\n` });
    expect(codeOf(await info(address, key))).toBe('XT_UNAUTHENTICATED');
  });

  it.each([
    ['without a scope', ['create', 'ci'], 2, 'XT_ARGUMENT'],
    ['with a scope that there is not', ['create', 'ci', '--scope', 'root'], 2, 'XT_ARGUMENT'],
    ['that has expired already', ['create', 'ci', '--scope', 'read', '--expires', '0'], 2, 'XT_ARGUMENT'],
    ['that there is not', ['revoke', '000000000000'], 4, 'XT_KEY_NOT_FOUND'],
  ])('refuses one %s', async (_what, args, code, error) => {
    expect(await cli.run('keys', ...args)).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(error) });
  });
});
