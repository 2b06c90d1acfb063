// An agent in forty lines: asks XTrack over the Model Context Protocol which run was best, and what set it apart from the next one.
//
//   npx xtrack mcp is the server; any MCP client can stand in this program's place.
//   node examples/mcp/ask.mjs METRIC          needs @modelcontextprotocol/sdk

import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

const metric = process.argv[2] ?? 'val_loss';
const server = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

const client = new Client({ name: 'ask', version: '1' });
await client.connect(new StdioClientTransport({ command: process.execPath, args: [server, 'mcp'], env: process.env, stderr: 'inherit' }));

/** The tool's answer; what it refused is said, with what helps. */
async function ask(name, input) {
  const { content, isError } = await client.callTool({ name, arguments: input });
  const answer = JSON.parse(content[0].text);
  if (!isError) return answer;
  console.error(`${answer.error.message}; ${answer.error.remedy}`);
  process.exit(1);
}

const { runs } = await ask('search_runs', {
  query: `metrics.${metric} is not null order by best(metrics.${metric}) limit 2`,
  columns: [`best(metrics.${metric})`],
});
for (const { run_id, name, status, values } of runs) console.log(name ?? run_id, status, values[`best(metrics.${metric})`]);

if (runs.length === 2) {
  const { params } = await ask('compare_runs', { run_ids: runs.map(({ run_id }) => run_id) });
  for (const { key, values } of params) console.log(`  ${key}: ${values.join(' / ')}`);
}
await client.close();
