// The types of postgres-program.mjs.

export interface ServerFolder {
  readonly folder: string;
  readonly user: { readonly uid?: number; readonly gid?: number };
}

export const POSTGRES: string | undefined;
export function makeFolder(): ServerFolder;
export function makeData(server: ServerFolder): void;
export function serverCommand(server: ServerFolder, more?: readonly string[]): { readonly command: string; readonly args: string[] };
export function addressOf(folder: string, database?: string): string;
