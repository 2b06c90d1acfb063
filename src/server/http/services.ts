// What the routes share beyond the control plane.

import { EmbedLinks } from '../embed/links.js';
import { AuditLog } from './access/audit-log.js';
import { KeyRing } from './access/keys.js';
import { Sessions } from './access/sessions.js';
import { BodyReader } from './body-reader.js';
import { CommandRate } from './commands.js';
import type { ControlPlane } from './control-plane.js';
import { LiveHub } from './live/hub.js';

export interface Services {
  /** Who changed what. */
  readonly audit: AuditLog;
  /** Links that show one run inside other pages. */
  readonly embeds: EmbedLinks;
  /** The keys that open this server. */
  readonly keys: KeyRing;
  /** Signed-in browsers. */
  readonly sessions: Sessions;
  /** Folders that artifacts may be served from; none: they are listed and not served. */
  readonly artifactRoots: readonly string[];
  /** True where admins may start processes over HTTP. */
  readonly allowSpawn: boolean;
  /** Everybody who follows what happens. */
  readonly live: LiveHub;
  /** Commands that a run may be given in a while. */
  readonly commandRate: CommandRate;
  /** Reads large bodies, a few at a time. */
  readonly bodies: BodyReader;
}

export interface ServiceOptions {
  /** Default: those of the control plane's data directory; without one, a single key of this process. */
  readonly keys?: KeyRing;
  /** Folders that artifacts may be served from. Default: none. */
  readonly artifactRoots?: readonly string[];
  /** Let admins start processes over HTTP. Default false. */
  readonly allowSpawn?: boolean;
}

/** Makes what is missing in the data directory: the first key and the one that sessions are signed with. Throws XT_FILE. */
export function openServices(xtrack: ControlPlane, options: ServiceOptions): Services {
  const keys = options.keys ?? KeyRing.open(xtrack.directory);
  return {
    audit: new AuditLog(xtrack.directory),
    keys,
    sessions: Sessions.open(xtrack.directory, keys),
    embeds: new EmbedLinks(Date.now, (keyId) => keys.holderOfId(keyId) !== undefined),
    artifactRoots: options.artifactRoots ?? [],
    allowSpawn: options.allowSpawn ?? false,
    live: new LiveHub(xtrack),
    commandRate: new CommandRate(),
    bodies: new BodyReader(),
  };
}
