// The official SDK of the Model Context Protocol, loaded where it is used: nobody else needs it.

import { XTrackError } from '../protocol/errors.js';

type Types = typeof import('@modelcontextprotocol/sdk/types.js');

/** What of it is used. */
export interface Sdk extends Pick<typeof import('@modelcontextprotocol/sdk/server/index.js'), 'Server'> {
  readonly StdioServerTransport: typeof import('@modelcontextprotocol/sdk/server/stdio.js').StdioServerTransport;
  readonly StreamableHTTPServerTransport: typeof import('@modelcontextprotocol/sdk/server/streamableHttp.js').StreamableHTTPServerTransport;
  readonly types: Types;
}

/** A connection's server; its handlers are set by `serveDesk`. */
export type McpServer = InstanceType<Sdk['Server']>;

/** Errors: XT_PACKAGE. */
export async function loadSdk(): Promise<Sdk> {
  try {
    const [{ Server }, { StdioServerTransport }, { StreamableHTTPServerTransport }, types] = await Promise.all([
      import('@modelcontextprotocol/sdk/server/index.js'),
      import('@modelcontextprotocol/sdk/server/stdio.js'),
      import('@modelcontextprotocol/sdk/server/streamableHttp.js'),
      import('@modelcontextprotocol/sdk/types.js'),
    ]);
    return { Server, StdioServerTransport, StreamableHTTPServerTransport, types };
  } catch (cause) {
    throw new XTrackError('XT_PACKAGE', {
      detail: 'it needs the package @modelcontextprotocol/sdk: run `npm install @modelcontextprotocol/sdk`',
      cause,
    });
  }
}
