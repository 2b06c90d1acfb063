// What stands before the server: whose word on the address of a request is taken, and below which path the page is reached.

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { XTrackError } from '../../../protocol/errors.js';

/** What a proxy says of the request that it passes on. From anybody else, it is taken away before it is read. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-prefix', 'x-forwarded-proto'];

/** `/tracker`, `/team/tracker`: no part of it may lead elsewhere. */
const PREFIX = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~-]+)+$/;
const LONGEST_PREFIX = 200;

/** Peers whose word is taken: addresses, networks (`10.0.0.0/8`), or `loopback`. */
export class TrustedProxies {
  readonly #list = new BlockList();

  /** Errors: XT_ARGUMENT. */
  constructor(names: readonly string[]) {
    for (const name of names) this.#add(name);
  }

  trusts(address: string | undefined): boolean {
    const plain = address?.replace(/^::ffff:(?=\d+\.)/, '') ?? '';
    const kind = isIP(plain);
    return kind !== 0 && this.#list.check(plain, kind === 6 ? 'ipv6' : 'ipv4');
  }

  /** Takes away what somebody said who is not trusted. */
  clean({ headers, socket }: IncomingMessage): void {
    if (this.trusts(socket.remoteAddress)) return;
    for (const name of FORWARDED) delete headers[name];
  }

  #add(name: string): void {
    if (name === 'loopback') {
      this.#list.addSubnet('127.0.0.0', 8, 'ipv4');
      this.#list.addAddress('::1', 'ipv6');
      return;
    }
    const [address = '', bits] = name.split('/');
    const kind = isIP(address);
    const most = kind === 6 ? 128 : 32;
    if (kind === 0 || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= most)))
      throw new XTrackError('XT_ARGUMENT', {
        detail: `'${name}' is no address, network (10.0.0.0/8) or 'loopback'`,
        field: 'trustedProxies',
      });
    const family = kind === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) this.#list.addAddress(address, family);
    else this.#list.addSubnet(address, Number(bits), family);
  }
}

/** The path that a browser's addresses begin with, `` or `/tracker`; what a trusted proxy says of it comes first. */
export function prefixOf(headers: IncomingHttpHeaders, own: string): string {
  const given = headers['x-forwarded-prefix'];
  const said = typeof given === 'string' ? given.replace(/\/+$/, '') : '';
  return said !== '' && isPrefix(said) ? said : own;
}

/** A path as it was given, without a slash at its end. Errors: XT_ARGUMENT. */
export function basePathOf(text: string | undefined): string {
  const path = (text ?? '').replace(/\/+$/, '');
  if (path !== '' && !isPrefix(path))
    throw new XTrackError('XT_ARGUMENT', { detail: `'${text}' is no path such as /tracker`, field: 'basePath' });
  return path;
}

/** The address of a request below `base`, as one at the root: whether the proxy takes the path away or not. */
export function withoutBase(url: string, base: string): string {
  if (base === '' || !url.startsWith(base)) return url;
  const rest = url.slice(base.length);
  if (rest === '' || rest.startsWith('?')) return `/${rest}`;
  return rest.startsWith('/') ? rest : url;
}

function isPrefix(path: string): boolean {
  return path.length <= LONGEST_PREFIX && PREFIX.test(path);
}
