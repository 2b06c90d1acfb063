// Strings that were ways to a file, to a host or to a shell in other trackers, and events that carry them in every field.

/** More than three hundred different ones; `secret`: an absolute path that none of them may reach. */
export function payloads(secret: string): string[] {
  const name = secret.slice(1);
  const ups = ['../', '..\\', '%2e%2e/', '%2e%2e%2f', '%252e%252e%252f', '..%2f', '..%5c', '....//', '..;/', '..%c0%af', '..%00/', '.%2e/'];
  const odd = ['..\u2215', '\uff0e\uff0e/', '\u2024\u2024/', '..\u2044', '..\u29f5', '%u002e%u002e/', '..%ef%bc%8f', '\u202e../'];
  const climbs = [...ups, ...odd].flatMap((up) => [1, 2, 4, 8, 16].map((times) => up.repeat(times) + name));
  const tails = ['', '?', '#', ';', '%00.png', '/', '/.', '//', '?x=1', ' ', '.', '::$DATA', '%20', '%0d%0aX: 1', '\r\nX: 1'];
  const heads = ['', '/', '//', '/.', 'file:', 'file://', 'FILE://localhost', '/proc/self/root', '/proc/self/cwd/../../../..', '~/../..'];
  const whole = heads.flatMap((head) => tails.map((tail) => head + secret + tail));
  const machine = ['environ', 'cmdline', 'mem', 'maps', 'fd/0', 'fd/3', 'exe', 'root/etc/passwd', 'task/self/environ'].map(
    (what) => `/proc/self/${what}`,
  );
  const hosts = ['127.0.0.1', '[::1]', '169.254.169.254', 'localhost', '0x7f.1', '2130706433', '0.0.0.0'].flatMap((host) =>
    ['http', 'https', 'ftp', 'gopher', 's3', 'git', 'ssh'].map((scheme) => `${scheme}://${host}:1${secret}`),
  );
  const shells = [
    `$(cat ${secret})`,
    `\`cat ${secret}\``,
    `|cat ${secret}`,
    `;cat ${secret}`,
    `& cat ${secret}`,
    '$HOME',
    '~root',
    '*',
    '?',
    '[a]',
  ];
  const names = [
    '.',
    '..',
    '/',
    '//',
    '\\',
    'CON',
    'NUL',
    'xtrack.db',
    '../xtrack.db',
    'token',
    '../token',
    'keys.json',
    '-rf',
    '--help',
    '\u0000',
    'a\u0000b',
  ];
  const objects = ['__proto__', 'constructor', 'toString', 'then', 'hasOwnProperty'];
  const long = ['/a'.repeat(2_000), 'a'.repeat(4_096), '../'.repeat(1_365)];
  return [...climbs, ...whole, ...machine, ...hosts, ...shells, ...names, ...objects, ...long];
}

/** Envelopes as JSON, one of each kind of event, with the string wherever a string may be. */
export function eventsWith(text: string, runId: string): string[] {
  const map = { [text]: text };
  const texts: readonly (readonly [string, object])[] = [
    ['param', { key: text, value: { [text]: [text] }, nested_key: [text, text] }],
    ['metric', { key: text, value: 1, step: 1, ctx: { phase: text, agg: text } }],
    ['metric_batch', { metrics: { [text]: 1 }, step: 2 }],
    ['artifact', { path: text, type: 'model', name: text, meta: map, checksum: text, upload: 'reference' }],
    ['artifact', { path: text, type: text, name: text, upload: 'stream' }],
    ['artifact', { path: text, type: 'image', name: text, upload: 'inline', content: 'eA==' }],
    ['checkpoint', { step: 1, path: text, best_key: text, metrics: { [text]: 1 }, meta: map }],
    ['status', { status: 'running', msg: text, progress: { cur: 1, total: 2, unit: text } }],
    ['log', { level: 'info', msg: text, logger: text, fields: map }],
    ['command_result', { cmd_id: text, status: 'error', error: text, result: map }],
    ['tags', { tags: map }],
    ['knob', { name: text, value: text }],
    [text.slice(0, 64) || 'x', map],
    ['run_end', { status: 'failed', error: { type: text, message: text, traceback: text } }],
  ];
  const names = ['git_commit', 'git_branch', 'git_repo', 'entrypoint', 'code_hash'];
  const source = Object.fromEntries(names.map((key) => [key, text]));
  const env = { python_version: text, platform: text, hostname: text, gpu_info: [{ name: text }], env_vars: map, packages: map };
  const start = { run_id: { id: runId, exp_id: text, parent_id: text }, name: text, tags: map, source, env, caps: [text] };
  const envelope = (t: string, seq: number, p: object): string =>
    JSON.stringify({ v: 1, t, m: { seq, ts: 1_700_000_000_000_000 + seq, inc: 'inc-1' }, p });
  return [envelope('run_start', 1, start), ...texts.map(([t, p], at) => envelope(t, at + 2, { run_id: runId, ...p }))];
}
