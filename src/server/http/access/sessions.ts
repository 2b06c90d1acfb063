// Signed-in browsers. A session is a signed statement in a cookie: which key it came from and until when, so nothing is kept here, and
// it ends with its key.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { XTrackError } from '../../../protocol/errors.js';
import type { Holder, KeyRing } from './keys.js';
import { secretOf } from './keys.js';

/** Seconds. */
export const SESSION_LIFE = 30 * 24 * 3600;

const makeSecret = (): string => randomBytes(32).toString('base64url');

export class Sessions {
  /** The cookie's name. A browser sends a host's cookies to every port of it, so that each server there has one of its own. */
  readonly cookie: string;
  private readonly keys: KeyRing;
  private readonly secret: string;

  private constructor(keys: KeyRing, secret: string) {
    this.keys = keys;
    this.secret = secret;
    this.cookie = `xtrack_session_${this.sign('the name of the cookie').slice(0, 8)}`;
  }

  /** Signed with `<directory>/session.key`, which is made where it is missing; null: with a key of this process. Throws XT_FILE. */
  static open(directory: string | null, keys: KeyRing): Sessions {
    if (directory === null) return new Sessions(keys, makeSecret());
    const path = join(directory, 'session.key');
    const secret = secretOf(path, makeSecret).trim();
    if (secret.length < 43) throw new XTrackError('XT_FILE', { detail: `${path} holds no key; remove it, and a new one is made` });
    return new Sessions(keys, secret);
  }

  /** The cookie's value for a session of the key's holder. */
  issue(keyId: string): string {
    const statement = `${keyId}.${Math.floor(Date.now() / 1000) + SESSION_LIFE}`;
    return `${statement}.${this.sign(statement)}`;
  }

  /** Whose session it is; undefined where it is forged, over, or its key is out of force. */
  holderOf(cookie: string): Holder | undefined {
    const [, statement, keyId, until, signature] = /^(([0-9a-f]{12})\.(\d{1,12}))\.([A-Za-z0-9_-]{43})$/.exec(cookie) ?? [];
    if (statement === undefined || keyId === undefined || signature === undefined) return undefined;
    if (!timingSafeEqual(Buffer.from(signature), Buffer.from(this.sign(statement)))) return undefined;
    return Number(until) * 1000 > Date.now() ? this.keys.holderOfId(keyId) : undefined;
  }

  private sign(statement: string): string {
    return createHmac('sha256', this.secret).update(statement).digest('base64url');
  }
}
