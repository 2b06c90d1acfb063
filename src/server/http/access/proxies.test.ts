import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { basePathOf, prefixOf, TrustedProxies, withoutBase } from './proxies.js';

describe('proxies that are trusted', () => {
  it('are addresses, networks and loopback', () => {
    const proxies = new TrustedProxies(['10.0.0.0/8', '192.168.1.7', 'loopback', 'fd00::/8']);
    for (const address of ['10.2.3.4', '::ffff:10.2.3.4', '192.168.1.7', '127.0.0.1', '::1', 'fd12::1'])
      expect(proxies.trusts(address)).toBe(true);
    for (const address of ['11.0.0.1', '192.168.1.8', 'fe80::1', '', undefined, 'localhost']) expect(proxies.trusts(address)).toBe(false);
    expect(new TrustedProxies([]).trusts('127.0.0.1')).toBe(false);
  });

  it.each(['everybody', '10.0.0.0/33', '10.0.0/8', '::/129', '10.0.0.1/x'])('%s is none', (name) =>
    expect(() => new TrustedProxies([name])).toThrow(expect.objectContaining({ code: 'XT_ARGUMENT', field: 'trustedProxies' })),
  );

  it('alone are believed', () => {
    const request = (remoteAddress: string) =>
      ({
        headers: { host: 'a', 'x-forwarded-host': 'b', 'x-forwarded-prefix': '/c', forwarded: 'x' },
        socket: { remoteAddress },
      }) as unknown as IncomingMessage;
    const [far, near] = [request('8.8.8.8'), request('127.0.0.1')];
    for (const one of [far, near]) new TrustedProxies(['loopback']).clean(one);
    expect(far.headers).toEqual({ host: 'a' });
    expect(near.headers['x-forwarded-host']).toBe('b');
  });
});

describe('the path of a proxy', () => {
  it.each([
    ['/tracker', '/tracker'],
    ['/tracker/', '/tracker'],
    ['/team/a.b~c', '/team/a.b~c'],
    ['', '/own'],
    ['//evil.example', '/own'],
    ['/a/../b', '/own'],
    ['/"><script>', '/own'],
    ['tracker', '/own'],
    [`/${'a'.repeat(300)}`, '/own'],
  ])('%s is %s', (given, prefix) => expect(prefixOf({ 'x-forwarded-prefix': given }, '/own')).toBe(prefix));

  it('is taken away from addresses, where it is there', () => {
    expect(withoutBase('/tracker/api/v1/runs?q=1', '/tracker')).toBe('/api/v1/runs?q=1');
    expect(withoutBase('/tracker', '/tracker')).toBe('/');
    expect(withoutBase('/tracker?a=1', '/tracker')).toBe('/?a=1');
    expect(withoutBase('/trackers', '/tracker')).toBe('/trackers');
    expect(withoutBase('/api', '/tracker')).toBe('/api');
    expect(() => basePathOf('tracker')).toThrow(expect.objectContaining({ code: 'XT_ARGUMENT', field: 'basePath' }));
  });
});
