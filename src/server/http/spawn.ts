// Starting processes over HTTP: only where the operator allowed it, never through a shell, and with nothing in the environment that makes
// a program load other code.

import { stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { XTrackError } from '../../protocol/errors.js';
import type { Checkpoint } from '../../protocol/events.js';
import { isFinal } from '../../protocol/events.js';
import { isReservedTag, RESERVED_PREFIX } from '../../protocol/reserved-tags.js';
import type { Run } from '../../query/run.js';
import type { StartRunOptions } from '../../runtime/process/run-manager.js';
import type { ControlPlane } from './control-plane.js';
import type { Services } from './services.js';

/** Variables by which a loader, an interpreter or a shell is told to run something else, and those that are ours. */
const REFUSED = new RegExp(
  `^(${[
    ...['LD_.*', 'DYLD_.*', 'GLIBC_.*', 'GCONV_PATH', 'LOCPATH', 'PATH'],
    ...['ENV', 'IFS', 'SHELLOPTS', 'BASH.*', 'PROMPT_COMMAND', 'PS4', 'ZDOTDIR'],
    ...['PYTHON.*', 'NODE_.*', 'PERL.*', 'RUBY.*', 'LUA_.*', 'CLASSPATH', '.*JAVA.*_OPTIONS', 'GIT_.*', 'XTRACK_.*'],
  ].join('|')})$`,
  'i',
);
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/** Throws XT_FORBIDDEN where the operator did not allow it. */
export function requireSpawn({ allowSpawn }: Pick<Services, 'allowSpawn'>): void {
  if (!allowSpawn) throw new XTrackError('XT_FORBIDDEN', { detail: 'this server does not start processes: its operator has to allow it' });
}

/** Throws XT_ARGUMENT for what may not come over the network. */
export function checkStart({ env = {}, tags = {} }: Pick<StartRunOptions, 'env' | 'tags'>): void {
  for (const name of Object.keys(env)) {
    if (!NAME.test(name) || REFUSED.test(name))
      throw new XTrackError('XT_ARGUMENT', { detail: 'the variable cannot be set from here', field: `env.${name.slice(0, 64)}` });
  }
  for (const key of Object.keys(tags)) {
    if (key === '' || isReservedTag(key))
      throw new XTrackError('XT_ARGUMENT', {
        detail: `the key of a tag is not empty and does not begin with ${RESERVED_PREFIX}`,
        field: 'tags',
      });
  }
}

/**
 * How the run is begun again from a checkpoint: its own command, as its child. Errors: XT_RUN_LIVE, and XT_SPAWN where this machine did not
 * start it, or nobody knows the secrets in its command any more.
 */
export async function resumption(xtrack: Pick<ControlPlane, 'commandOf'>, run: Run, { path }: Checkpoint): Promise<StartRunOptions> {
  const { runId, name, experimentId, process: started } = run;
  if (!isFinal(run.status)) throw new XTrackError('XT_RUN_LIVE', { detail: `run '${runId}' is ${run.status}` });
  if (started === null) throw new XTrackError('XT_SPAWN', { detail: 'the run was not started by XTrack: its command is not known' });
  const elsewhere = run.workers.find(({ hostname: host }) => host !== null && host !== hostname());
  if (elsewhere !== undefined)
    throw new XTrackError('XT_SPAWN', { detail: `the run was started on another machine: ${elsewhere.hostname}` });
  const given = await xtrack.commandOf(runId);
  if (given === undefined) throw new XTrackError('XT_SPAWN', { detail: startByHand(runId, path) });
  const folder = await stat(started.cwd).catch(() => undefined);
  if (folder?.isDirectory() !== true) throw new XTrackError('XT_SPAWN', { detail: 'the folder that the run was started in is gone' });
  return {
    ...given,
    cwd: started.cwd,
    parentRunId: runId,
    ...(name !== null && { name }),
    ...(experimentId !== null && { experimentId }),
    tags: Object.fromEntries(Object.entries(run.tags).filter(([key]) => !isReservedTag(key))),
    env: { XTRACK_RESUME_RUN_ID: runId, XTRACK_RESUME_CHECKPOINT: path },
  };
}

/** What to do where a mask stands in the record of the command, and the process that was given the secret is gone. */
function startByHand(runId: string, checkpoint: string): string {
  return (
    'a secret in the command was masked when it was recorded, and the server that was given it has ended since. Start it by hand: ' +
    `xtrack run --parent ${runId} --env XTRACK_RESUME_RUN_ID=${runId} --env XTRACK_RESUME_CHECKPOINT=${quoted(checkpoint)} -- COMMAND; ` +
    'a secret in a variable of the server, instead of in the command, needs no masking'
  );
}

/** For a shell: a worker chose the path, and somebody may copy the line. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
