import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { announceAddress, EmbedLinks, embedAddress } from './links.js';

describe('the address in the data directory', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'xtrack-embed-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('is written for its owner alone, and goes with the server', async () => {
    const withdraw = await announceAddress(directory, 'http://127.0.0.1:7007');
    const path = join(directory, 'http.json');
    expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ url: 'http://127.0.0.1:7007' });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await withdraw();
    expect(await readdir(directory)).toEqual([]);
  });

  it('of a newer server stays when the older one goes', async () => {
    const withdraw = await announceAddress(directory, 'http://127.0.0.1:1');
    await announceAddress(directory, 'http://127.0.0.1:2');
    await withdraw();
    expect(JSON.parse(await readFile(join(directory, 'http.json'), 'utf8'))).toMatchObject({ url: 'http://127.0.0.1:2' });
  });
});

describe('an embed link', () => {
  it('names its run until its time is over', () => {
    let now = 1_000_000;
    const links = new EmbedLinks(() => now);
    const { token, expiresAt } = links.issue('run:1');
    expect(links.runOf(token)).toBe('run:1');
    now = Date.parse(expiresAt) - 1;
    expect(links.runOf(token)).toBe('run:1');
    now = Date.parse(expiresAt);
    expect(links.runOf(token)).toBeUndefined();
  });

  it('is worth nothing altered, cut, or from another server', () => {
    const links = new EmbedLinks();
    const { token } = links.issue('a');
    const [, signature] = token.split('.');
    const forged = `xte_${Buffer.from(JSON.stringify(['b', Number.MAX_SAFE_INTEGER])).toString('base64url')}.${signature}`;
    for (const wrong of [forged, token.slice(0, -3), `${token}.`.replace('xte_', 'xtk_'), 'xte_', 'xte_.', '', `xte_${'A'.repeat(1e6)}`])
      expect(links.runOf(wrong)).toBeUndefined();
    expect(new EmbedLinks().runOf(token)).toBeUndefined();
  });

  it('carries its token where no log sees it', () => {
    const url = new URL(embedAddress('http://127.0.0.1:7007/', 'a/b?c#d', 'xte_t'));
    expect(url.pathname).toBe('/embed/runs/a%2Fb%3Fc%23d');
    expect(url.search).toBe('');
    expect(url.hash).toBe('#embed=xte_t');
  });
});
