// Lets a run be shown inside other pages: where this data directory's server is, and links that give view of one run for a while.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** In the data directory: `{"url":"http://127.0.0.1:7007"}`, for who is on this machine and may read the directory. */
const ADDRESS_FILE = 'http.json';
/** A link is good for a working day with the notebook that holds it, and no longer: notebooks are committed and mailed. */
const LINK_MS = 12 * 3_600_000;
const SECRET_BYTES = 32;
const PREFIX = 'xte_';
/** Of a token: run ids have 128 characters. */
const MAX_TOKEN = 512;

/**
 * Says in the data directory where the HTTP server is (mode 0600, there whole or not at all). Call what it returns when the server
 * closes: the file goes, unless another server has written its own since. Errors of the file system are thrown as they are.
 */
export async function announceAddress(directory: string, url: string): Promise<() => Promise<void>> {
  const path = join(directory, ADDRESS_FILE);
  const text = `${JSON.stringify({ url, pid: process.pid })}\n`;
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, text, { mode: 0o600 });
  await rename(draft, path);
  return async () => {
    const now = await readFile(path, 'utf8').catch(() => '');
    if (now === text) await rm(path, { force: true });
  };
}

/** Where the page lies that such a link opens, on a server at `url`. */
export function embedAddress(url: string, runId: string, token: string): string {
  // In the fragment: browsers never send it, so no log of any server or proxy holds it.
  return `${url.replace(/\/+$/, '')}/embed/runs/${encodeURIComponent(runId)}#embed=${token}`;
}

export interface EmbedToken {
  readonly token: string;
  /** ISO 8601 in UTC. */
  readonly expiresAt: string;
}

/** Makes and reads the tokens of embed links. They end with the process that made them: the secret is never written down. */
export class EmbedLinks {
  readonly #secret = randomBytes(SECRET_BYTES);
  readonly #now: () => number;
  readonly #inForce: (keyId: string) => boolean;

  /** `now` in milliseconds since the epoch. `inForce`: whether the key with an id is. */
  constructor(now: () => number = Date.now, inForce: (keyId: string) => boolean = () => true) {
    this.#now = now;
    this.#inForce = inForce;
  }

  /** A token that gives view of one run, for as long as the key that it was made with is in force. */
  issue(runId: string, keyId?: string): EmbedToken {
    const expires = this.#now() + LINK_MS;
    const claim = Buffer.from(JSON.stringify([runId, expires, keyId ?? null])).toString('base64url');
    return { token: `${PREFIX}${claim}.${this.#sign(claim).toString('base64url')}`, expiresAt: new Date(expires).toISOString() };
  }

  /** The run that the token gives view of; undefined where it is none of ours, was altered, is past its time, or its key was revoked. */
  runOf(token: string): string | undefined {
    if (!EmbedLinks.looksLikeOne(token) || token.length > MAX_TOKEN) return undefined;
    const [claim = '', signature = ''] = token.slice(PREFIX.length).split('.');
    const given = Buffer.from(signature, 'base64url');
    const right = this.#sign(claim);
    if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
    // Signed by us, so it has the shape that `issue` gave it.
    const [runId, expires, keyId] = JSON.parse(Buffer.from(claim, 'base64url').toString('utf8')) as [string, number, string | null];
    const holds = this.#now() < expires && (keyId === null || this.#inForce(keyId));
    return holds ? runId : undefined;
  }

  /** True where a bearer is meant as such a token, right or wrong. */
  static looksLikeOne(bearer: string): boolean {
    return bearer.startsWith(PREFIX);
  }

  #sign(claim: string): Buffer {
    return createHmac('sha256', this.#secret).update(claim).digest();
  }
}
