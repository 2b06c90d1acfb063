import { event, message, refused, same, warning } from './bytes.mjs';

export const description = 'Every event type: with its required fields alone, with all of them, and with fields that are wrong.';

const run_id = 'r1';
const worker = { wid: '0', inc: 'm4x1c9-7f3a91c2' };

/** One event; what comes out differs from what went in. */
const reads = (id, text, t, sent, understood, warnings) => ({
  id,
  description: text,
  chunks: [event(t, sent)],
  expect: [message(t, understood, {}, warnings)],
});

const refuses = (id, text, t, sent, code, field) => ({ id, description: text, chunks: [event(t, sent)], expect: [refused(code, field)] });

export const cases = [
  same('run-start-minimal', 'the run id alone', 'run_start', { run_id }),
  same(
    'run-start-full',
    'every field',
    'run_start',
    {
      run_id: { id: 'r1', exp_id: 'exp-1', parent_id: 'r0' },
      name: 'lr=0.1 ünïcode',
      tags: { team: 'vision', empty: '' },
      source: {
        git_commit: 'abc123',
        git_branch: 'main',
        git_repo: 'https://example.org/r.git',
        git_dirty: true,
        entrypoint: 'train.py',
        code_hash: 'sha256:00',
      },
      env: {
        python_version: '3.11.2',
        platform: 'Linux',
        hostname: 'node-1',
        gpu_info: [{ name: 'H100', memory: 85899345920 }, { name: 'other' }],
        env_vars: { CUDA_VISIBLE_DEVICES: '0' },
        packages: { torch: '2.4.0' },
      },
      caps: ['ack', 'command'],
    },
    worker,
  ),
  reads('run-start-reference-id', 'a reference with an id alone is that id', 'run_start', { run_id: { id: 'r1' } }, { run_id: 'r1' }),
  reads('run-start-no-id', 'no id: the collector makes one', 'run_start', { run_id: { exp_id: 'exp-1' } }, { run_id: { exp_id: 'exp-1' } }),
  same('run-start-empty-reference', 'an empty reference', 'run_start', { run_id: {} }),
  reads(
    'run-start-bad-parent',
    'a parent that is no run id is dropped',
    'run_start',
    { run_id: { id: 'r1', parent_id: '../r0' } },
    { run_id: 'r1' },
    [warning('p.run_id.parent_id', 'XT_RUN_ID')],
  ),
  reads(
    'run-start-bad-tag',
    'a tag that is no text is dropped alone',
    'run_start',
    { run_id, tags: { a: 'x', b: 3 } },
    { run_id, tags: { a: 'x' } },
    [warning('p.tags.b')],
  ),
  reads('run-start-bad-caps', 'a list with a bad item is dropped', 'run_start', { run_id, caps: ['ack', 1] }, { run_id }, [
    warning('p.caps.1'),
  ]),
  refuses('run-start-no-run', 'the run id is required', 'run_start', {}, 'XT_FIELD_REQUIRED', 'p.run_id'),

  same('run-end-completed', 'completed', 'run_end', { run_id, status: 'completed' }),
  same('run-end-failed', 'failed, every field', 'run_end', {
    run_id,
    status: 'failed',
    error: { type: 'ValueError', message: 'boom', traceback: 'Traceback …\n  line' },
    final_metrics: { loss: 0.5, acc: 'NaN' },
    duration_ms: 1234.5,
  }),
  same('run-end-exit', 'written by the control plane: how the process ended', 'run_end', {
    run_id,
    status: 'failed',
    exit: { code: null, signal: 'SIGKILL', stderr_tail: ['a', 'b'] },
  }),
  refuses('run-end-failed-no-error', 'failed needs an error', 'run_end', { run_id, status: 'failed' }, 'XT_FIELD_REQUIRED', 'p.error'),
  refuses('run-end-bad-status', 'unknown end status', 'run_end', { run_id, status: 'done' }, 'XT_FIELD_TYPE', 'p.status'),
  reads(
    'run-end-bad-error',
    'an optional object without its required part is dropped whole',
    'run_end',
    { run_id, status: 'killed', error: { type: 'X' } },
    { run_id, status: 'killed' },
    [warning('p.error.message', 'XT_FIELD_REQUIRED')],
  ),

  same('param-number', 'a number', 'param', { run_id, key: 'lr', value: 0.001 }),
  same('param-null', 'null is a value', 'param', { run_id, key: 'seed', value: null }),
  same('param-nested-value', 'any JSON', 'param', { run_id, key: 'model', value: { layers: [64, 64], act: 'relu', bias: true } }),
  reads(
    'param-nested-key',
    'nested keys are joined',
    'param',
    { run_id, key: 'lr', value: 1, nested_key: ['optimizer', 'lr'] },
    { run_id, key: 'optimizer.lr', value: 1 },
  ),
  reads(
    'param-nested-key-text',
    'a nested key may be one string',
    'param',
    { run_id, key: 'lr', value: 1, nested_key: 'optimizer.lr' },
    { run_id, key: 'optimizer.lr', value: 1 },
  ),
  refuses('param-no-value', 'the value is required', 'param', { run_id, key: 'lr' }, 'XT_FIELD_REQUIRED', 'p.value'),

  same('metric-minimal', 'required fields alone', 'metric', { run_id, key: 'loss', value: 0.123 }),
  same(
    'metric-full',
    'every field, canonical shape',
    'metric',
    {
      run_id,
      key: 'loss',
      value: 0.12345678901234566,
      step: 5,
      epoch: 1,
      ctx: { phase: 'train', batch_size: 32, dataset_size: 60000, agg: 'mean' },
    },
    { seq: 12, ...worker },
  ),
  reads(
    'metric-bad-phase',
    'a malformed context field is dropped alone',
    'metric',
    { run_id, key: 'loss', value: 1, ctx: { phase: 'training', agg: 'sum' } },
    { run_id, key: 'loss', value: 1, ctx: { agg: 'sum' } },
    [warning('p.ctx.phase')],
  ),
  reads(
    'metric-bad-step',
    'a step that is no integer is dropped',
    'metric',
    { run_id, key: 'loss', value: 1, step: 1.5, epoch: 0.25 },
    { run_id, key: 'loss', value: 1, epoch: 0.25 },
    [warning('p.step')],
  ),
  reads(
    'metric-null-fields',
    'null counts as absent in optional fields, without a warning',
    'metric',
    { run_id, key: 'loss', value: 1, step: null, epoch: null, ctx: null },
    { run_id, key: 'loss', value: 1 },
  ),
  refuses('metric-no-value', 'the value is required', 'metric', { run_id, key: 'loss' }, 'XT_FIELD_REQUIRED', 'p.value'),
  refuses('metric-null-value', 'null is no number', 'metric', { run_id, key: 'loss', value: null }, 'XT_FIELD_TYPE', 'p.value'),
  refuses('metric-text-value', 'text is no number', 'metric', { run_id, key: 'loss', value: '0.5' }, 'XT_FIELD_TYPE', 'p.value'),
  refuses('metric-empty-key', 'a key is not empty', 'metric', { run_id, key: '', value: 1 }, 'XT_FIELD_TYPE', 'p.key'),
  refuses(
    'metric-long-key',
    'a key has at most 512 bytes',
    'metric',
    { run_id, key: 'ü'.repeat(257), value: 1 },
    'XT_FIELD_LIMIT',
    'p.key',
  ),
  same('metric-longest-key', '512 bytes of key', 'metric', { run_id, key: 'ü'.repeat(256), value: 1 }),
  refuses(
    'metric-bad-run',
    'a run id that could be a path',
    'metric',
    { run_id: '../../etc/passwd', key: 'loss', value: 1 },
    'XT_RUN_ID',
    'p.run_id',
  ),

  same(
    'batch-full',
    'every field, canonical shape',
    'metric_batch',
    { run_id, metrics: { a: 1.5, b: 'NaN', c: -2e-9 }, step: 5, epoch: 1, ctx: { phase: 'val', agg: 'last' } },
    worker,
  ),
  same('batch-empty', 'no metric at all', 'metric_batch', { run_id, metrics: {} }),
  refuses(
    'batch-all-or-nothing',
    'one bad value refuses the batch',
    'metric_batch',
    { run_id, metrics: { a: 1, loss: 'x', b: 2 } },
    'XT_FIELD_TYPE',
    'p.metrics.loss',
  ),
  refuses('batch-list', 'metrics is an object', 'metric_batch', { run_id, metrics: [1] }, 'XT_FIELD_TYPE', 'p.metrics'),

  reads(
    'artifact-minimal',
    'required fields alone: a reference',
    'artifact',
    { run_id, path: 'out/m.pt', type: 'model' },
    { run_id, path: 'out/m.pt', type: 'model', upload: 'reference' },
  ),
  same('artifact-full', 'every field', 'artifact', {
    run_id,
    path: 'p.png',
    type: 'plot',
    name: 'curve',
    meta: { dpi: 100 },
    size: 3,
    checksum: 'sha256:00',
    step: 40,
    upload: 'inline',
    content: 'AAEC',
  }),
  same('artifact-new-kind', 'a kind that this version does not know is kept', 'artifact', {
    run_id,
    path: 'a.mp4',
    type: 'video',
    upload: 'stream',
  }),
  refuses('artifact-no-path', 'the path is required', 'artifact', { run_id, type: 'model' }, 'XT_FIELD_REQUIRED', 'p.path'),

  same('checkpoint-full', 'every field', 'checkpoint', {
    run_id,
    step: 100,
    path: 'ckpt/100.pt',
    epoch: 2,
    metrics: { val_acc: 0.91 },
    is_best: true,
    best_key: 'val_acc',
    meta: { opt: 'sgd' },
  }),
  refuses('checkpoint-no-step', 'the step is required', 'checkpoint', { run_id, path: 'c' }, 'XT_FIELD_REQUIRED', 'p.step'),

  same('status-full', 'every field', 'status', {
    run_id,
    status: 'training',
    msg: 'epoch 1',
    progress: { cur: 3, total: 10, unit: 'epochs' },
  }),
  reads(
    'status-bad-progress',
    'progress without a number is dropped',
    'status',
    { run_id, status: 'running', progress: { cur: 'x', total: 1 } },
    { run_id, status: 'running' },
    [warning('p.progress.cur')],
  ),
  refuses('status-unknown', 'unknown status', 'status', { run_id, status: 'sleeping' }, 'XT_FIELD_TYPE', 'p.status'),

  same('log-full', 'every field', 'log', {
    run_id,
    level: 'warning',
    msg: 'grad \u0000 norm\n\u2028',
    logger: 'train',
    step: 7,
    fields: { norm: 12.5, tags: ['a'] },
  }),
  refuses('log-no-level', 'the level is required', 'log', { run_id, msg: 'x' }, 'XT_FIELD_REQUIRED', 'p.level'),

  same('gap-full', 'every field', 'gap', { run_id, from: 900, to: 950, reason: 'spool_full', counts: { metric: 48, log: 3 } }),
  refuses('gap-backwards', 'a range does not end before it begins', 'gap', { run_id, from: 5, to: 4 }, 'XT_FIELD_TYPE', 'p.to'),

  same('command-result-full', 'every field', 'command_result', { run_id, cmd_id: 'c1', status: 'error', result: { lr: 0.1 }, error: 'no' }),
  same('tags-full', 'labels of a run that goes on', 'tags', { run_id, tags: { team: 'vision', __proto: 'x' } }),
  reads(
    'tags-bad-value',
    'a tag that is no text is dropped alone',
    'tags',
    { run_id, tags: { team: 'vision', size: 3 } },
    { run_id, tags: { team: 'vision' } },
    [warning('p.tags.size')],
  ),
  refuses('tags-none', 'the tags are required', 'tags', { run_id }, 'XT_FIELD_REQUIRED', 'p.tags'),

  same('knob-full', 'every field', 'knob', {
    run_id,
    name: 'lr',
    value: 0.001,
    min: 1e-6,
    max: 0.1,
    scale: 'log',
    choices: [0.001, 0.01],
  }),
  reads(
    'knob-bad-scale',
    'an unknown scale is dropped',
    'knob',
    { run_id, name: 'augment', value: true, scale: 'cubic' },
    { run_id, name: 'augment', value: true },
    [warning('p.scale')],
  ),
  refuses('knob-no-value', 'the value is required', 'knob', { run_id, name: 'lr' }, 'XT_FIELD_REQUIRED', 'p.value'),

  same('change-full', 'every field', 'change', { run_id, name: 'lr', value: 0.01, old: 0.001, step: 40, by: 'ada', cmd_id: 'c1' }),
  same('change-minimal', 'required fields alone', 'change', { run_id, name: 'schedule', value: 'cosine' }),
  refuses('change-no-name', 'the name is required', 'change', { run_id, value: 1 }, 'XT_FIELD_REQUIRED', 'p.name'),

  refuses(
    'command-result-bad-status',
    'unknown status',
    'command_result',
    { run_id, cmd_id: 'c1', status: 'maybe' },
    'XT_FIELD_TYPE',
    'p.status',
  ),
];
