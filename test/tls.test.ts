// HTTP and TCP over TLS with a certificate made for the test: a browser's request, and a training in Python that checks who it talks to.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { XTrack } from '../src/index.js';
import type { HttpServer } from '../src/server/http/app.js';
import type { TcpServer } from '../src/transports/listen/tcp.js';
import { Started } from './cli-harness.js';
import { PYTHON, PYTHON_PACKAGE } from './support/control-plane.js';

const openssl = spawnSync('openssl', ['version']).status === 0;
const SCRIPT = 'import xtrack\nwith xtrack.Tracker().start_run("over-tls") as run:\n    run.log_metrics({"loss": 0.5}, step=1)';

describe.skipIf(!openssl)('TLS, with a certificate of openssl', () => {
  let folder: string;
  let ca: string;
  let xtrack: XTrack;
  let http: HttpServer;
  let tcp: TcpServer;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'xtrack-tls-'));
    const [certificate, key] = ['cert.pem', 'key.pem'].map((name) => join(folder, name)) as [string, string];
    const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', ...name];
    execFileSync('openssl', [...made, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
    ca = readFileSync(certificate, 'utf8');
    const tls = { cert: ca, key: readFileSync(key, 'utf8') };
    xtrack = await XTrack.start({ directory: join(folder, 'server') });
    http = await xtrack.startHttpServer({ port: 0, tls });
    tcp = await xtrack.startTcpServer({ port: 0, tls, token: 'shared' });
  });

  afterAll(async () => {
    await xtrack?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('answers over HTTPS whoever trusts the certificate, and nothing in the open', async () => {
    const status = await new Promise((resolve, reject) => {
      request(`${http.url}api/v1/health`, { ca }, (answer) => resolve(answer.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect([http.url.startsWith('https://127.0.0.1:'), status]).toEqual([true, 200]);
    const refusal = (make: typeof request, url: string): Promise<unknown> =>
      new Promise((resolve) => {
        make(url, (answer) => resolve(answer.statusCode))
          .on('error', ({ code }: NodeJS.ErrnoException) => resolve(code))
          .end();
      });
    expect(await refusal(request, http.url)).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(await refusal(plainRequest as typeof request, http.url.replace('https', 'http'))).not.toBe(200);
  });

  it('speaks nothing older than TLS 1.2', async () => {
    for (const port of [http.port, tcp.port]) {
      const version = await new Promise((resolve) => {
        const socket = connect({ host: '127.0.0.1', port, ca, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' });
        socket.once('secureConnect', () => resolve(socket.getProtocol())).once('error', () => resolve('refused'));
      });
      expect(version).toBe('refused');
    }
  });

  it('takes events of a training that checks the certificate, and gets none from one that does not trust it', async () => {
    const worker = (more: Record<string, string>): Started =>
      new Started(PYTHON, ['-c', SCRIPT], {
        ...{ PYTHONPATH: PYTHON_PACKAGE, XTRACK_TRANSPORT: 'tcp', XTRACK_HOST: 'localhost', XTRACK_PORT: String(tcp.port) },
        ...{ XTRACK_TLS: '1', XTRACK_TOKEN: 'shared', XTRACK_FLUSH_TIMEOUT: '5', XTRACK_DATA: join(folder, 'worker'), ...more },
      });
    expect((await worker({}).ended).code).toBe(0);
    expect(await xtrack.listRuns()).toEqual([]);
    expect((await worker({ SSL_CERT_FILE: join(folder, 'cert.pem') }).ended).code).toBe(0);
    await expect.poll(async () => (await xtrack.listRuns()).map(({ status }) => status)).toContain('completed');
  });
});
