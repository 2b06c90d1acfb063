// `xtrack keys`: who may use the server of a data directory. It works on the files themselves, whether the server runs or not.

import { Command, Option } from 'commander';
import { XTrackError } from '../../index.js';
import { AuditLog } from '../../server/http/access/audit-log.js';
import { type KeyInfo, KeyRing, type KeyScope } from '../../server/http/access/keys.js';
import { type CommonOptions, dataDirectory, withCommonOptions } from '../context.js';
import { numberFrom } from '../key-value.js';
import { print, printJson, remark } from '../output.js';
import { plainText } from '../terminal/text.js';

const DAY_MS = 24 * 3_600_000;

interface CreateOptions extends CommonOptions {
  readonly scope: KeyScope;
  readonly experiment?: string;
  readonly expires?: number;
}

export function keysCommand(): Command {
  const scope = new Option('--scope <scope>', 'what it allows: read, write (send events, steer) or admin')
    .choices(['read', 'write', 'admin'])
    .makeOptionMandatory();
  return new Command('keys')
    .description('make, list and revoke the keys of the server')
    .addCommand(
      withCommonOptions(new Command('create').description('make a key; it is shown once'))
        .argument('<name>', 'who or what it is for')
        .addOption(scope)
        .option('--experiment <id>', 'only for runs of this experiment')
        .option('--expires <days>', 'days until it expires', numberFrom('--expires', 1))
        .action(create),
    )
    .addCommand(withCommonOptions(new Command('list').description('the keys that were made')).action(list))
    .addCommand(
      withCommonOptions(new Command('revoke').description('take a key, and every session that came from it, out of force'))
        .argument('<id>')
        .action(revoke),
    );
}

async function create(name: string, _own: CreateOptions, command: Command): Promise<void> {
  const { scope, experiment, expires, ...options } = command.optsWithGlobals<CreateOptions>();
  const directory = dataDirectory(options);
  const made = KeyRing.open(directory).create({
    name,
    scope,
    experiment,
    expiresAt: expires === undefined ? undefined : new Date(Date.now() + expires * DAY_MS).toISOString(),
  });
  audit(directory, 'create key', made);
  if (options.json) return await printJson(made);
  remark(`key ${made.id} of '${made.name}'; keep it, it is not shown again`);
  await print(made.key);
}

function audit(directory: string, action: string, { id, name, scope, experiment, expiresAt }: Partial<KeyInfo>): void {
  const details = { id, name, scope, experiment, expiresAt };
  new AuditLog(directory).record({ via: 'cli', by: process.env.USER || 'owner', action, ...details, outcome: 'done' });
}

async function list(_own: CommonOptions, command: Command): Promise<void> {
  const options = command.optsWithGlobals<CommonOptions>();
  const keys = KeyRing.open(dataDirectory(options)).list();
  if (options.json) return await printJson(keys);
  for (const key of keys) await print(plainText(line(key)));
}

function line({ id, scope, experiment, expiresAt, name }: KeyInfo): string {
  const where = experiment === null ? 'all' : `experiment ${experiment}`;
  const until = expiresAt === null ? 'no end' : `until ${expiresAt.slice(0, 10)}`;
  return [id, scope.padEnd(5), where, until, name].join('  ');
}

async function revoke(id: string, _own: CommonOptions, command: Command): Promise<void> {
  const options = command.optsWithGlobals<CommonOptions>();
  const directory = dataDirectory(options);
  if (!KeyRing.open(directory).revoke(id)) throw new XTrackError('XT_KEY_NOT_FOUND', { detail: `there is no key '${id}'` });
  audit(directory, 'revoke key', { id });
  await (options.json ? printJson({ id, revoked: true }) : print(`revoked ${id}`));
}
