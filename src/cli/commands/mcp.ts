// `xtrack mcp`: the runs of a data directory for coding agents, over the Model Context Protocol.

import { Command, Option } from 'commander';
import { type XTrack, XTrackError } from '../../index.js';
import { AgentView } from '../../mcp/agent-view.js';
import { startMcpHttp } from '../../mcp/http.js';
import { loadSdk, type McpServer, type Sdk } from '../../mcp/sdk.js';
import { makeServer } from '../../mcp/server.js';
import { auditedSteering, type Steering } from '../../mcp/steering.js';
import { RunsAnywhere } from '../../server/control/runs-anywhere.js';
import { AuditLog } from '../../server/http/access/audit-log.js';
import { KeyRing } from '../../server/http/access/keys.js';
import type { Principal } from '../../server/http/access/principal.js';
import { type CommonOptions, dataDirectory, reading } from '../context.js';
import { numberFrom } from '../key-value.js';
import { remark } from '../output.js';
import { stopSignal } from './serve.js';

interface McpOptions extends CommonOptions {
  readonly http?: boolean;
  readonly port: number;
  readonly key?: string;
  readonly scope?: 'read' | 'write';
}

const SCOPES = { read: 'view', write: 'write' } as const;

const HELP = `
For Claude Code: claude mcp add xtrack -- npx xtrack mcp
For others:      {"mcpServers": {"xtrack": {"command": "npx", "args": ["xtrack", "mcp"]}}}
Over stdio, who starts it is the owner of the data: it reads everything, and with --scope write it steers. A key (--key or XTRACK_KEY, see
\`xtrack keys\`) narrows that to what the key allows. Over HTTP every request needs a key: Authorization: Bearer xtk_…
Needs the package @modelcontextprotocol/sdk.`;

export function mcpCommand(): Command {
  return new Command('mcp')
    .description('let coding agents search, compare and (with --scope write) steer runs, over the Model Context Protocol')
    .option('--http', 'Streamable HTTP on 127.0.0.1 instead of stdio')
    .option('--port <port>', 'with --http; 0 takes a free one', numberFrom('--port', 0), 7008)
    .option('--key <key>', 'act as this API key (default: $XTRACK_KEY)')
    .addOption(new Option('--scope <scope>', 'without a key: what the agent may do (default: read)').choices(['read', 'write']))
    .addHelpText('after', HELP)
    .action(mcp);
}

async function mcp(options: McpOptions): Promise<void> {
  const sdk = await loadSdk();
  await reading(options, (xtrack) => (options.http ? overHttp(sdk, xtrack, options) : overStdio(sdk, xtrack, options)));
}

async function overStdio(sdk: Sdk, xtrack: XTrack, options: McpOptions): Promise<void> {
  const principal = principalOf(options);
  const steering = steeringOf(xtrack, dataDirectory(options));
  const server = makeServer(sdk, (own) => new AgentView({ xtrack, principal, steering, caller: () => clientOf(own, principal) }));
  const closed = new Promise<void>((resolve) => {
    server.onclose = resolve;
  });
  // The SDK does not notice a client that goes away.
  process.stdin.once('end', () => void server.close());
  await server.connect(new sdk.StdioServerTransport());
  await Promise.race([closed, stopSignal()]);
  await server.close();
  process.stdin.destroy();
}

function steeringOf(xtrack: XTrack, directory: string): Steering {
  return auditedSteering(new RunsAnywhere(xtrack), new AuditLog(directory));
}

/** A program's own word for what it is, and whose key it uses where it has one. */
function clientOf(server: McpServer, { name }: Principal): string {
  const client = (server.getClientVersion()?.name ?? 'unknown').slice(0, 60);
  return name === OWNER ? `mcp:${client}` : `mcp:${client} (${name})`;
}

const OWNER = 'owner';

function principalOf({ key = process.env.XTRACK_KEY || undefined, scope, ...options }: McpOptions): Principal {
  if (key === undefined) return { name: OWNER, grants: [{ scope: SCOPES[scope ?? 'read'], experiment: null }] };
  if (scope !== undefined) throw new XTrackError('XT_ARGUMENT', { detail: 'a key has its own scope', field: '--scope' });
  const holder = KeyRing.open(dataDirectory(options)).holderOf(key);
  if (holder === undefined) throw new XTrackError('XT_UNAUTHENTICATED', { detail: 'the key is not known, was revoked or has expired' });
  return holder.principal;
}

async function overHttp(sdk: Sdk, xtrack: XTrack, options: McpOptions): Promise<void> {
  for (const field of ['key', 'scope'] as const)
    if (options[field] !== undefined)
      throw new XTrackError('XT_ARGUMENT', { detail: 'over HTTP every request brings its own key', field: `--${field}` });
  const directory = dataDirectory(options);
  const keys = KeyRing.open(directory);
  const holderOf = (key: string): Principal | undefined => keys.holderOf(key)?.principal;
  const server = await startMcpHttp(sdk, { xtrack, steering: steeringOf(xtrack, directory), port: options.port, holderOf });
  remark(`MCP on ${server.url}; each request needs a key of \`xtrack keys create\``);
  await stopSignal();
  await server.close();
}
