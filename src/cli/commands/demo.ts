// `xtrack demo`: what `npm start` does. A control plane, a real training under it, and what to try next.

import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import colors from 'picocolors';
import { type Run, XTrack, XTrackError } from '../../index.js';
import { inPackage } from '../../package/root.js';
import { ControlClient } from '../../server/control/client.js';
import { type CommonOptions, dataDirectory, serveSocket } from '../context.js';
import { exitCodeOf } from '../exit-code.js';
import { openHost, ownHost, type RunHost } from '../host.js';
import { outputWidth, print, printJson, remark } from '../output.js';
import { runDetails } from '../run-json.js';
import { SYSTEM_PREFIX } from '../run-model.js';
import { statusColor } from '../run-screen.js';
import { openServer, type Server } from '../server-process.js';
import { supervise } from '../supervise.js';
import { clock, shortNumber } from '../terminal/number.js';
import { styled } from '../terminal/styled.js';
import { clip, plainText } from '../terminal/text.js';
import { stopSignal } from './serve.js';

const EXAMPLE = fileURLToPath(inPackage('examples/digits/train.py'));

interface DemoOptions extends CommonOptions {
  readonly once?: boolean;
}

export function demoCommand(): Command {
  return new Command('demo')
    .description('train a small network on real digits under XTrack, and keep serving')
    .option('--once', 'exit when the training has ended')
    .action(demo);
}

async function demo(options: DemoOptions): Promise<void> {
  if (!existsSync(EXAMPLE)) throw new XTrackError('XT_FILE', { detail: `the example is not there: ${EXAMPLE}` });
  const directory = dataDirectory(options);
  const { host, server } = await openStage(directory);
  try {
    welcome(directory, server);
    const run = await supervise(host, training(), options.json === true);
    await (options.json ? report(directory, run) : summary(host, run, directory));
    process.exitCode = run.status === 'completed' ? 0 : exitCodeOf(run) || 1;
    // Whoever stopped the training wants to leave.
    if (options.once || server === undefined || run.status === 'killed') return;
    remark(`still serving${server.http === undefined ? '' : `: ${server.http.signInUrl}`}`);
    remark('Ctrl-C ends it');
    await stopSignal();
    process.exitCode = 0;
  } finally {
    await host.close();
    await server?.close();
  }
}

/** A server of our own, or the one that serves the data directory already. */
async function openStage(directory: string): Promise<{ host: RunHost; server?: Server }> {
  const running = await ControlClient.connect(serveSocket(directory));
  running?.close();
  if (running !== undefined) return { host: await openHost(directory) };
  const server = await openServer(directory, { tcp: {}, http: {}, allowV1: false });
  for (const line of server.moved) remark(line);
  return { host: ownHost(server.xtrack), server };
}

function welcome(directory: string, server: Server | undefined): void {
  const tcp = server?.tcp === undefined ? '' : `; workers can connect to ${server.tcp.host}:${server.tcp.port}`;
  remark(server === undefined ? 'welcome; using the control plane that is serving already' : `welcome; the control plane is up${tcp}`);
  remark(`data: ${directory}`);
  if (server?.http !== undefined) remark(`watch it live: ${server.http.signInUrl}`);
  remark('training a small neural network on handwritten digits, in plain Python');
  remark(`steer it from another terminal: npx xtrack set latest lr=0.005${dataOption(directory)}`);
}

/** What another terminal must add to find the data. */
function dataOption(directory: string): string {
  return directory === join(homedir(), '.xtrack') ? '' : ` --data ${directory}`;
}

function training(): Parameters<RunHost['startRun']>[0] {
  return { command: process.env.XTRACK_PYTHON || 'python3', args: [EXAMPLE] };
}

async function report(directory: string, run: Run): Promise<void> {
  const reader = await XTrack.start({ directory, readOnly: true });
  await printJson(await runDetails(reader, run)).finally(() => reader.close());
}

async function summary(host: RunHost, run: Run, directory: string): Promise<void> {
  const series = await host.reader.listSeries(run.runId);
  const told = series.filter(({ key }) => !key.startsWith(SYSTEM_PREFIX));
  const finals = told.map(({ key, phase, last }) => `${key.startsWith(phase) ? '' : `${phase} `}${key} ${shortNumber(last.value)}`);
  const took =
    run.startedAt === null || run.endedAt === null ? '' : ` in ${clock(Math.max(0, Date.parse(run.endedAt) - Date.parse(run.startedAt)))}`;
  const data = dataOption(directory);
  const width = outputWidth();
  await print(
    '',
    styled([[run.status, statusColor(run.status)], [`${took}: `], [plainText(run.name ?? run.runId), colors.bold]], width),
    ...finals.map((line) => clip(plainText(`  ${line}`), width)),
    '',
    'Every event of it is kept. Try next:',
    `  npx xtrack list${data}`,
    `  npx xtrack show latest${data}`,
    `  npx xtrack metrics latest val_acc${data}`,
    `  npx xtrack logs latest${data}`,
    '',
  );
}
