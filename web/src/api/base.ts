// Where the server is mounted in somebody's application: the page that it answers says so.

const told = globalThis.document?.querySelector<HTMLMetaElement>('meta[name="xtrack-base"]')?.content ?? '/';

/** What the path of each of our addresses begins with: '' or `/tracking`. */
export const BASE = told.replace(/\/+$/, '');

/** A path of the page, as the routes name it. */
export function withoutBase(path: string): string {
  return path.startsWith(`${BASE}/`) ? path.slice(BASE.length) : path;
}
