// Control planes and their clients as separate processes: serve, delegated runs, stop and command, and what a death leaves.

import { existsSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandLine, type Started, WORKER } from './cli-harness.js';

let cli: CommandLine;

beforeEach(() => {
  cli = new CommandLine();
});

afterEach(() => cli.remove());

interface Address {
  readonly pid: number;
  readonly tcp: { readonly host: string; readonly port: number } | null;
  readonly http: { readonly host: string; readonly port: number; readonly url: string; readonly signInUrl: string } | null;
  readonly unix: string;
  readonly directory: string;
}

async function serve(...options: string[]): Promise<{ server: Started; address: Address }> {
  const server = cli.start('serve', '--json', ...(options.length > 0 ? options : ['--no-tcp', '--no-http']));
  await server.says(/\}\n/);
  return { server, address: JSON.parse(server.stdout) as Address };
}

/** Takes the port; undefined: somebody else has it already. */
async function hold(port: number): Promise<Server | undefined> {
  return await new Promise((resolve) => {
    const server = createServer()
      .once('error', () => resolve(undefined))
      .listen(port, '127.0.0.1', () => resolve(server));
  });
}

const node = (script: string): string[] => [process.execPath, '-e', script];
/** A training that goes on until it is told that this is enough. */
function training(): { readonly command: string[]; enough(): void } {
  const file = join(cli.directory, 'enough');
  return { command: ['python3', WORKER, '100000', '0.05', file], enough: () => writeFileSync(file, '') };
}

describe('xtrack serve', () => {
  it('says in one JSON line where it listens, and ends with 0 on SIGTERM', async () => {
    const { server, address } = await serve('--port', '0', '--http-port', '0');
    const url = `http://127.0.0.1:${address.http?.port}/`;
    expect(address).toEqual({
      pid: server.child.pid,
      http: { host: '127.0.0.1', port: expect.any(Number), url, signInUrl: expect.stringMatching(/#token=xtk_[\w-]{55}$/) },
      tcp: { host: '127.0.0.1', port: expect.any(Number) },
      unix: join(cli.directory, 'xtrack.sock'),
      directory: cli.directory,
    });
    const socket = connect(address.tcp?.port ?? 0);
    await new Promise((resolve) => socket.once('connect', resolve));
    expect(statSync(join(cli.directory, 'control.sock')).mode & 0o777).toBe(0o600);
    server.child.kill('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(join(cli.directory, 'control.sock'))).toBe(false);
    socket.destroy();
  });

  it('prints one address a line for people', async () => {
    const server = cli.start('serve', '--port', '0', '--http-port', '0', '--socket', join(cli.directory, 'more.sock'));
    await server.says(/unix/);
    expect(server.stdout).toMatch(
      /^xtrack serves .+\nhttp {2}http:\/\/127\.0\.0\.1:\d+\/#token=xtk_\S+\ntcp {3}127\.0\.0\.1:\d+\nunix {2}.+more\.sock\n$/,
    );
  });

  it('goes to another port where nobody named one and the usual one is taken, and says so', async () => {
    const usual = await Promise.all([7007, 9999].map(hold));
    try {
      const server = cli.start('serve');
      await server.says(/unix/);
      const [, http = ''] = /^http {2}http:\/\/127\.0\.0\.1:(\d+)\//m.exec(server.stdout) ?? [];
      const [, tcp = ''] = /^tcp {3}127\.0\.0\.1:(\d+)$/m.exec(server.stdout) ?? [];
      expect(server.stderr).toContain(`the page is on port ${http} instead`);
      expect(server.stderr).toContain(`workers connect to port ${tcp} instead`);
      expect([http, tcp]).not.toContain('7007');
      expect((await fetch(`http://127.0.0.1:${http}/api/v1/health`)).status).toBe(200);
      const named = new CommandLine();
      for (const options of [
        ['--http-port', '7007', '--no-tcp'],
        ['--port', '9999', '--no-http'],
      ])
        expect(await named.run('serve', ...options)).toMatchObject({ code: 3, stderr: expect.stringContaining('XT_LISTEN') });
      named.remove();
    } finally {
      for (const holder of usual) holder?.close();
    }
  });

  it('is alone on its data directory, and on its port', async () => {
    const { address } = await serve('--port', '0', '--no-http');
    expect(await cli.run('serve', '--no-tcp', '--no-http')).toMatchObject({ code: 3, stderr: expect.stringContaining('XT_LISTEN') });
    const other = new CommandLine();
    expect(await other.run('serve', '--no-http', '--port', String(address.tcp?.port))).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('XT_LISTEN'),
    });
    other.remove();
  });
});

describe('a run beside a server', () => {
  it('lives in the server: its output, its end and its exit code come through', async () => {
    const { server } = await serve();
    const run = await cli.run(
      'run',
      '--run-id',
      'r',
      '--env',
      'A=1',
      '--',
      ...node('console.log(process.env.A, process.ppid); process.exit(9)'),
    );
    expect(run.code).toBe(9);
    expect(run.stdout).toBe(`1 ${server.child.pid}\n`);
    expect(await cli.json('show', 'r')).toMatchObject({ status: 'failed', exit: { code: 9 } });
    expect((await cli.run('run', '--', '/does/not/exist')).code).toBe(127);
  });

  it('is stopped by a signal to the client', async () => {
    await serve();
    const run = cli.start('run', '--', 'python3', WORKER, '1000', '0.05');
    await run.says(/training run/);
    run.child.kill('SIGINT');
    expect((await run.ended).code).toBe(0);
  });

  it('goes on when the server is killed; the client says so, and follows it to the end with the next server', async () => {
    const { server } = await serve();
    const { command, enough } = training();
    const run = cli.start('run', '--run-id', 'r', '--', ...command);
    await run.says(/^step 5$/m);
    server.child.kill('SIGKILL');
    await run.says(/control plane is gone/);
    await serve();
    await run.says(/control plane is back/);
    enough();
    expect((await run.ended).code).toBe(0);
    const steps = run.stdout.trim().split('\n').slice(1);
    expect(steps).toEqual(Array.from(steps, (_, at) => `step ${at + 1}`));
    expect(await cli.json('metrics', 'r', 'acc')).toHaveLength(steps.length);
    expect(await cli.json('show', 'r')).toMatchObject({ status: 'completed', gaps: [] });
  });

  it('that nobody can stop is left alone on the third signal', async () => {
    const { server } = await serve();
    const { command, enough } = training();
    const run = cli.start('run', '--run-id', 'r', '--', ...command);
    await run.says(/^step 5$/m);
    server.child.kill('SIGKILL');
    await run.says(/control plane is gone/);
    for (const count of [1, 2]) {
      run.child.kill('SIGINT');
      await run.says(new RegExp(`(cannot stop the run[\\s\\S]*){${count}}`));
    }
    run.child.kill('SIGINT');
    expect((await run.ended).code).toBe(130);
    expect(await cli.json('show', 'r')).toMatchObject({ endedAt: null });
    await serve();
    enough();
    await cli.run('logs', 'r', '--follow');
    expect(await cli.json('show', 'r')).toMatchObject({ status: 'completed', gaps: [] });
  });

  it('can be deleted through the server when it has ended, and not before', async () => {
    await serve();
    const run = cli.start('run', '--run-id', 'r', '--', ...node('setInterval(() => 0, 1000); console.log("up")'));
    await run.says(/^up/m);
    expect(await cli.run('delete', 'r')).toMatchObject({ code: 5, stderr: expect.stringContaining('XT_RUN_LIVE') });
    await cli.run('stop', 'r', '--grace', '1');
    expect(await cli.run('delete', 'r')).toMatchObject({ code: 0, stdout: 'moved r to the trash\n' });
    expect(await cli.run('restore', 'r')).toMatchObject({ code: 0, stdout: 'restored r\n' });
    expect(await cli.run('delete', 'r', '--purge', '--yes')).toMatchObject({ code: 0, stdout: 'deleted r\n' });
    await run.ended;
  });
});

describe.each(['in a server', 'in its own control plane'])('a run %s', (place) => {
  it('is stopped from elsewhere, and takes commands', async () => {
    if (place === 'in a server') await serve();
    const run = cli.start('run', '--run-id', 'r', '--', 'python3', WORKER, '1000', '0.05');
    await run.says(/training run/);
    expect(await cli.json('command', 'r', 'stop')).toMatchObject({ status: 'ok' });
    expect((await run.ended).code).toBe(0);
    const second = cli.start('run', '--run-id', 's', '--', ...node('setInterval(() => 0, 1000); console.log("up")'));
    await second.says(/^up/m);
    expect(await cli.run('stop', 's', '--grace', '5')).toMatchObject({ code: 0, stdout: 'killed s\n' });
    expect((await second.ended).code).toBe(143);
    expect(await cli.run('stop', 's')).toMatchObject({ code: 5, stderr: expect.stringContaining('XT_RUN_NOT_LIVE') });
  });
});
