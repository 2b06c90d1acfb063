// Which address is tried next: the plan's in their order, and where a collector sends us, for as long as that leads somewhere.

import type { Endpoint } from './delivery.js';

/** Addresses in a row that a collector may send us to without anything being acknowledged. */
const MOST_REDIRECTS = 5;

export class Route {
  #endpoints: readonly Endpoint[];
  readonly #again: () => readonly Endpoint[];
  #index = 0;
  #redirected: Endpoint | null = null;
  #redirects = 0;

  /** `again`: what the plan would be now; it is asked after each connection to an address. */
  constructor(endpoints: readonly Endpoint[], again: () => readonly Endpoint[] = () => endpoints) {
    this.#endpoints = endpoints;
    this.#again = again;
  }

  /** Where to connect now; undefined when there is nowhere left. */
  get current(): Endpoint | undefined {
    return this.#redirected ?? this.#endpoints[this.#index];
  }

  /** The connection there broke. An inherited descriptor and stdout cannot be opened again; where we were sent may be gone: the plan's address knows. */
  lost(): void {
    const { kind } = this.current ?? {};
    if (this.#redirected !== null) this.#redirected = null;
    else if (kind === 'fd' || kind === 'stdout') this.#index += 1;
    else this.#plan();
  }

  #plan(): void {
    const [target] = this.#again();
    if (target?.kind === 'tcp' || target?.kind === 'unix') this.#endpoints = this.#endpoints.with(this.#index, target);
  }

  /** A collector names another address; false when that is none, when it would give up encryption, or when it was too often. */
  redirect(address: string): boolean {
    const target = readAddress(address, this.current);
    if (target === null) return false;
    if (this.#redirects >= MOST_REDIRECTS) {
      // After a pause, all may be different.
      this.#redirects = 0;
      return false;
    }
    this.#redirects += 1;
    this.#redirected = target;
    return true;
  }

  /** The address is right: events are acknowledged there. */
  confirm(): void {
    this.#redirects = 0;
  }
}

/** `host:port`, `tcp://host:port`, `tls://host:port`, `unix:/path`. Encrypted before stays encrypted, and a path means this machine's own. */
function readAddress(address: string, from: Endpoint | undefined): Endpoint | null {
  const path = /^unix:(?:\/\/)?(\/.*)$/.exec(address)?.[1];
  if (path !== undefined) return from?.kind === 'tcp' ? null : { kind: 'unix', path };
  const [, scheme, host, digits] = /^(?:(tcp|tls):\/\/)?(\[[0-9a-f:.%]+\]|[^:/?#@\s]+):(\d{1,5})$/i.exec(address) ?? [];
  const port = Number(digits);
  if (host === undefined || port < 1 || port > 65_535) return null;
  const encrypted = from?.kind === 'tcp' && from.tls;
  const tls = scheme === 'tls' || (scheme === undefined && encrypted);
  return encrypted && !tls ? null : { kind: 'tcp', host: host.replace(/^\[|\]$/g, ''), port, tls };
}
