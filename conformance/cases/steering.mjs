import { reads, refuses, same, warning } from './bytes.mjs';

export const description = 'What a run that goes on says of its labels, its knobs and their changes.';

const run_id = 'r1';

export const cases = [
  same('tags-full', 'labels of a run that goes on', 'tags', { run_id, tags: { team: 'vision', __proto: 'x' } }),
  reads(
    'tags-bad-value',
    'a tag that is no text is dropped alone',
    'tags',
    { run_id, tags: { team: 'vision', size: 3 } },
    { run_id, tags: { team: 'vision' } },
    [warning('p.tags.size')],
  ),
  same('tags-removed', 'a tag that is null is removed', 'tags', { run_id, tags: { team: null, stage: 'tuned' } }),
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
];
