// The addresses of the pages. Names are what users made of them: each may hold what means something in an address.

import { useSearch } from 'wouter';

/** What a path would be divided or decoded at; `~` is the mark itself. A name of dots alone would be a step upwards. */
const RESERVED = /[/\\?#%&+~]|^\.{1,2}$/g;

/** One segment of a page's path. */
export function writeSegment(name: string): string {
  return encodeURIComponent(name.replace(RESERVED, (text) => [...text].map(escaped).join('')));
}

/** The name that a segment is of. Also of one that was written by hand, with `%2F` for a slash. */
export function readSegment(segment: string): string {
  return segment.replace(/[~%]([0-9A-Fa-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

export function experimentAddress(experimentId: string): string {
  return `/experiments/${writeSegment(experimentId)}`;
}

export function runAddress(runId: string, tab = ''): string {
  return `/runs/${writeSegment(runId)}${tab === '' ? '' : `/${tab}`}`;
}

export function compareAddress(runIds: readonly string[]): string {
  return `/compare?runs=${runIds.map(encodeURIComponent).join(',')}`;
}

/** The address behind the `?`, as it is: what the router hands on is decoded once already. */
export function useAddressQuery(): string {
  useSearch();
  return location.search.replace(/^\?/, '');
}

function escaped(character: string): string {
  return `~${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
